"""Names of templates that read like another's: in other letters the same is drawn."""

import re
import unicodedata
from collections.abc import Iterator

from registrar.models import Revision

# Greek, Cyrillic, Armenian and Cherokee letters, and digits, that are drawn like Latin letters.
# What Unicode itself says is the same, such as full width, is told by its compatible form (NFKD).
_DRAWN_AS = str.maketrans(
    "\u0391\u0392\u0395\u0396\u0397\u0399\u039a\u039c\u039d\u039f\u03a1\u03a4\u03a5\u03a7"
    "\u03b1\u03b9\u03bd\u03bf\u03c1\u03c5\u03c7\u03f2\u03f3"
    "\u0405\u0406\u0408\u0410\u0412\u0415\u041a\u041c\u041d\u041e\u0420\u0421\u0422\u0423\u0425"
    "\u0430\u0435\u043a\u043e\u0440\u0441\u0443\u0445\u0455\u0456\u0458\u04bb\u04cf\u0501\u051b\u051d"
    "\u0555\u0570\u0578\u057d\u0581\u0585\u13a0\u13aa\u13ac\u13b3\u13b7\u13bb\u13c6\u13d2\u13da\u13df"
    "\u0131\u0251\u0261|01",
    "ABEZHIKMNOPTYXaivopuxcjSIJABEKMHOPCTYXaekopcyxsijhldqwOhnugoDAEWMHIRSCiaglol",
)
# What nobody sees: marks that join or part, and those of direction.
_UNSEEN = re.compile(
    "[\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180e\u200b-\u200f\u2060-\u2064\ufe00-\ufe0f\ufeff]"
)
# Behind a small letter a large I is read as an l, and one behind that, too.
_LARGE_I = re.compile(r"(?<=[a-z])I+")
_WORD = re.compile(r"[^\W_]+")


def drawn(name: str) -> str:
    """What is seen of a name: two that give the same read alike."""
    seen = _UNSEEN.sub("", unicodedata.normalize("NFKD", name)).translate(_DRAWN_AS)
    seen = (
        _LARGE_I.sub(lambda found: "l" * len(found[0]), seen)
        .casefold()
        .replace("rn", "m")
        .replace("vv", "w")
    )
    return " ".join(_WORD.findall(unicodedata.normalize("NFC", seen)))


def of(revision: Revision) -> Iterator[str]:
    """Say of each other approved template that reads alike what it is called, and what differs."""
    others = Revision.objects.filter(state=Revision.State.APPROVED)
    others = others.exclude(template=revision.template_id).order_by("template__slug")
    own = drawn(revision.name)
    for slug, name in others.values_list("template__slug", "name"):
        if own and drawn(name) == own:
            yield _told(revision.name, slug, name)


def _told(own: str, slug: str, name: str) -> str:
    if own == name:
        return f"The template {slug} has the same name."
    odd = next((each for each in own if each not in name and not each.isascii()), "")
    said = f" Here stands {unicodedata.name(odd, 'a sign without a name')}." if odd else ""
    return f"The template {slug} is called “{name}”, which reads alike.{said}"
