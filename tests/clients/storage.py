"""Media in a bucket: a real server of ours keeps its files in a real S3 server (moto) and serves them again, passed on
or by the bucket's own address."""

import io
import struct
import time
import wave
import zlib

import boto3
import requests
from moto.server import ThreadedMotoServer

from demo import eventually
from house import House

KEY, SECRET, BUCKET = "nagaya", "hush", "media"


def png(width=300, height=200):
    def chunk(kind, data):
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    rows = b"".join(
        b"\0" + bytes(part for x in range(width) for part in (x % 256, y % 256, 90)) for y in range(height)
    )
    head = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b"")


def sound():
    file = io.BytesIO()
    with wave.open(file, "wb") as out:
        out.setnchannels(1)
        out.setsampwidth(1)
        out.setframerate(8000)
        out.writeframes(b"\x80" * 8000)
    return file.getvalue()


def run(tally, demo):
    s3 = ThreadedMotoServer(ip_address="127.0.0.1", port=0)
    s3.start()
    try:
        endpoint = "http://{}:{}".format(*s3.get_host_and_port())
        client = boto3.client(
            "s3", endpoint_url=endpoint, aws_access_key_id=KEY, aws_secret_access_key=SECRET, region_name="us-east-1"
        )
        client.create_bucket(Bucket=BUCKET)
        bucket = {"s3_endpoint": endpoint, "s3_bucket": BUCKET, "s3_key": KEY}
        with House(demo.program, bucket, NAGAYA_S3_SECRET=SECRET) as house:
            passed_on(tally, house, client)
        with House(demo.program, {**bucket, "s3_public_url": f"{endpoint}/{BUCKET}"}, NAGAYA_S3_SECRET=SECRET) as house:
            sent_there(tally, house)
    finally:
        s3.stop()


def keys(client):
    return {found["Key"] for found in client.list_objects_v2(Bucket=BUCKET).get("Contents", [])}


def passed_on(tally, house, client):
    def stored():
        answer = house.ask("POST", "/api/v2/media", files={"file": png()})
        assert answer.status_code == 200, answer.text
        made = answer.json()
        names = {made[name].rsplit("/", 1)[1] for name in ("url", "preview_url")}
        assert names <= keys(client), f"{names} are not in the bucket"
        kept = [file for file in house.media.rglob("*") if file.is_file()]
        assert not kept, f"also on the disk: {kept}"
        return made

    made = tally.check("an upload goes into the bucket, and only there", stored)
    if not made:
        return

    def whole():
        answer = requests.get(made["url"], timeout=10)
        assert answer.status_code == 200 and answer.headers["Content-Type"] == "image/png", answer.headers
        assert answer.content.startswith(b"\x89PNG") and answer.headers["X-Content-Type-Options"] == "nosniff"
        part = requests.get(made["url"], headers={"Range": "bytes=1-3"}, timeout=10)
        assert (part.status_code, part.content) == (206, b"PNG"), part.status_code
        assert part.headers["Content-Range"] == f"bytes 1-3/{len(answer.content)}"
        beyond = requests.get(made["url"], headers={"Range": "bytes=99999999-"}, timeout=10)
        assert beyond.status_code == 416, beyond.status_code

    tally.check("it is passed on, whole and in parts, with our headers", whole)

    def avatar():
        answer = house.ask("PATCH", "/api/v1/accounts/update_credentials", files={"avatar": png()})
        assert answer.status_code == 200, answer.text
        assert requests.get(answer.json()["avatar"], timeout=10).status_code == 200

    tally.check("a profile picture lives there too", avatar)

    def film():
        types = house.ask("GET", "/api/v2/instance").json()["configuration"]["media_attachments"]["supported_mime_types"]
        answer = house.ask("POST", "/api/v2/media", files={"file": sound()})
        if "audio/wav" not in types:
            assert answer.status_code == 422 and "ffmpeg" in answer.text, answer.text
            return
        assert answer.status_code == 202 and answer.json()["url"] is None, answer.text
        path = f"/api/v1/media/{answer.json()['id']}"
        done = eventually(lambda: (lambda got: got if got.status_code == 200 else None)(house.ask("GET", path)), within=60)
        assert requests.get(done.json()["url"], timeout=10).headers["Content-Type"] == "audio/mpeg"
        waiting = house.media / "waiting"
        eventually(lambda: not waiting.exists() or not list(waiting.iterdir()))

    tally.check("a sound waits, is made, and ends in the bucket", film)

    def deleted():
        assert house.ask("DELETE", f"/api/v1/media/{made['id']}").status_code == 200
        assert made["url"].rsplit("/", 1)[1] not in keys(client)
        assert requests.get(made["url"], timeout=10).status_code == 404

    tally.check("what is deleted leaves the bucket", deleted)


def sent_there(tally, house):
    def redirected():
        made = house.ask("POST", "/api/v2/media", files={"file": png()}).json()
        answer = requests.get(made["url"], allow_redirects=False, timeout=10)
        assert answer.status_code == 307, answer.status_code
        assert answer.headers["Location"].endswith("/" + made["url"].rsplit("/", 1)[1]), answer.headers["Location"]

    tally.check("with a public address, clients are sent to the bucket", redirected)
