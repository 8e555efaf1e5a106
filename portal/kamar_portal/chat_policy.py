"""What the portal says to browsers with the files of the web client: docs/chat.md."""

from __future__ import annotations

from urllib.parse import urlsplit

# {homeserver} is its origin. Style attributes are the package's: it writes the sizes of pictures there.
CHAT_CSP = "; ".join(
    [
        "default-src 'none'",
        "script-src 'self' 'wasm-unsafe-eval'",  # olm, the encryption, is WebAssembly
        "style-src 'self'",
        "style-src-attr 'unsafe-inline'",
        "img-src 'self' data: blob: {homeserver}",
        "media-src data: blob: {homeserver}",
        "connect-src 'self' blob: {homeserver}",
        "worker-src 'self'",
        "manifest-src 'self'",
        "frame-ancestors 'none'",
        "base-uri 'none'",
        "form-action 'none'",
    ]
)
CHAT_HEADERS = {
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "Cross-Origin-Opener-Policy": "same-origin",
}
FRESH = "no-cache"  # asked for again at every visit: what keeps its name when it changes
FOR_EVER = "public, max-age=31536000, immutable"
KEEPS_ITS_NAME = frozenset({"", "index.html", "config.json", "sw.js", "build.json"})


def chat_headers(file: str, homeserver_url: str) -> dict[str, str]:
    """Return the headers of one file of the web client; ``file`` is its name below ``/chat/``, empty for the page."""
    parts = urlsplit(homeserver_url)
    return CHAT_HEADERS | {
        "Content-Security-Policy": CHAT_CSP.format(homeserver=f"{parts.scheme}://{parts.netloc}"),
        "Cache-Control": FRESH if file in KEEPS_ITS_NAME else FOR_EVER,
    }
