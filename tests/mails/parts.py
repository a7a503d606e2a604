"""Takes mails apart with python's own parser, and leaves their HTML beside them.

    python3 parts.py FOLDER
"""

import email
import email.policy
import pathlib
import sys

folder = pathlib.Path(sys.argv[1])
mails = sorted(folder.glob("*.eml"))
assert len(mails) > 12, mails
for path in mails:
    raw = path.read_bytes()
    assert max(len(line) for line in raw.split(b"\r\n")) <= 998, path
    message = email.message_from_bytes(raw, policy=email.policy.default)
    assert not message.defects, (path, message.defects)
    for name in ["From", "To", "Subject", "Date", "Message-ID"]:
        assert len(message.get_all(name)) == 1, (path, name)
    assert message["Subject"].startswith("[coverd] "), message["Subject"]
    kinds = [part.get_content_type() for part in message.iter_parts()]
    assert kinds == ["text/plain", "text/html"], (path, kinds)
    text, html = (part.get_content() for part in message.iter_parts())
    # The headline is in the text, whole; trouble is told in other words there.
    headline = " ".join(message["Subject"].removeprefix("[coverd] ").split())
    assert path.stem.startswith("trouble") or headline in " ".join(text.split()), path
    path.with_suffix(".html").write_text(html, encoding="utf-8")
print(f"{len(mails)} mails read by another parser")
