"""Credential shapes: canonicalised once, then filled in for each learner.

A shape is a document in which the values that differ from learner to learner
are left open. The full pipeline (`canonical`, `data_integrity.proofs`) goes over
it once; what then remains for each learner is to write the values, to name the
blank nodes as RDFC-1.0 demands, to hash and to sign.

    holes       which values are open, what each may be, and how it is written
    templates   constant text with numbered places
    marking     sentinels exchanged for marks that nobody can have written
    shape       a document compiled: its JSON, and what is done for each learner
    canonical_form   its canonical statements, with places
    labels      the order of blank nodes, of which the values decide
    seal        key and options of the proofs that are made together
    trials      each new shape against the full pipeline, on values that are out for trouble
"""

from issuer.vc.errors import NotExpressible, ShapeDiffers, ShapeFault
from issuer.vc.shapes.holes import Hole, Kind
from issuer.vc.shapes.seal import Seal
from issuer.vc.shapes.shape import Shape

__all__ = ["Hole", "Kind", "NotExpressible", "Seal", "Shape", "ShapeDiffers", "ShapeFault"]
