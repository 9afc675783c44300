"""What `./dev bench schema` does to requests before they are sent.

Of a text that may be anything Schemathesis sends the shortest one, in every request of its phase
"coverage": as Idempotency-Key it would have all but the first write refused as another one (422),
as If-Match every change (412), and nothing else of them would be tried.
"""

from typing import Any

import schemathesis

ONCE = ("Idempotency-Key", "If-Match")


@schemathesis.hook
def before_call(_context: Any, case: Any, _kwargs: Any) -> None:
    """Leave them out where they are the shortest; those that are drawn stay."""
    for name in ONCE:
        if case.headers and len(case.headers.get(name, "long")) < 2:
            del case.headers[name]
