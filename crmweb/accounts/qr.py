"""A QR code as a picture in the page itself: no address of ours ever carries the secret that it shows."""

from __future__ import annotations


def qr_picture(address: str) -> str:
    """A `data:` address of an SVG, black on white in every theme, for phones that read nothing else."""
    import segno  # here: few processes ever draw one

    drawn: str = segno.make(address, error="m", micro=False).svg_data_uri(
        scale=4, border=3, dark="#000", light="#fff", xmldecl=False, svgns=True
    )
    return drawn
