"""Draw the seal of a credential that has no image of its own."""

import base64
import hashlib
from xml.sax.saxutils import escape

# Dark enough for white letters on them: each has a contrast of at least 4.5.
_GROUNDS = ("#1d4f91", "#0b6158", "#6b3fa0", "#8a3b12", "#7a1f4b", "#39541a", "#33475b", "#5a4a00")

_SEAL = """<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 400 400" role="img">
<title>{name}</title>
<path d="M200 372 120 300V380l80 16 80-16v-80z" fill="{ground}" opacity="0.55"/>
<circle cx="200" cy="180" r="168" fill="{ground}"/>
<circle cx="200" cy="180" r="148" fill="none" stroke="#fff" stroke-width="4"/>
<circle cx="200" cy="180" r="138" fill="none" stroke="#fff" stroke-width="1.5"/>
<text x="200" y="180" fill="#fff" font-family="Georgia, 'Noto Serif', serif" font-size="{size}" \
text-anchor="middle" dominant-baseline="central">{initials}</text>
</svg>
"""

_MARKED = """<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 400 400" role="img">
<image width="400" height="400" href="data:image/svg+xml;base64,{inner}"/>
<rect x="0" y="300" width="400" height="72" fill="#fff" stroke="#7a1f4b" stroke-width="6"/>
<text x="200" y="338" fill="#7a1f4b" font-family="Georgia, 'Noto Serif', serif" font-size="44" \
font-weight="700" text-anchor="middle" dominant-baseline="central">{word}</text>
</svg>
"""


def mark(picture: str, word: str) -> str:
    """Return the picture with a word across it that cannot be overlooked."""
    inner = base64.b64encode(picture.encode()).decode()
    return _MARKED.format(inner=inner, word=escape(word.upper()))


def draw(name: str) -> str:
    """Return an SVG seal with the initials of the name; the same name always has the same seal."""
    ground = _GROUNDS[hashlib.sha256(name.encode()).digest()[0] % len(_GROUNDS)]
    letters = _initials(name)
    return _SEAL.format(
        name=escape(name), ground=ground, size=150 - 25 * len(letters), initials=escape(letters)
    )


def _initials(name: str) -> str:
    words = [word for word in name.split() if word[0].isalnum()]
    capitals = [word[0] for word in words if not word[0].islower()]
    return "".join((capitals or [word[0] for word in words])[:3]).upper() or "•"
