"""Web Push as a phone gets it: a small push service on this machine takes what the server sends, and another
implementation of the encryption (http-ece) opens it, in the standard encoding and in the old one."""

import base64
import http.server
import json
import queue
import threading
import time
import urllib.parse

import http_ece
import requests
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, utils

WAIT_SECONDS = 15


class PushService:
    """Takes every POST and keeps it. A context manager."""

    def __enter__(self):
        got = self.got = queue.Queue()

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_POST(self):
                body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
                got.put((self.path, dict(self.headers.items()), body))
                self.send_response(201)
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, *_):
                pass

        self._server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.origin = f"http://127.0.0.1:{self._server.server_address[1]}"
        threading.Thread(target=self._server.serve_forever, daemon=True).start()
        return self

    def __exit__(self, *_):
        self._server.shutdown()
        self._server.server_close()

    def next(self, path):
        deadline = time.monotonic() + WAIT_SECONDS
        while True:
            came, headers, body = self.got.get(timeout=max(0.01, deadline - time.monotonic()))
            if came == path:
                return {name.lower(): value for name, value in headers.items()}, body


def base64url(data):
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def unbase64url(text):
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


def parameters(header):
    """`a=1;b=2` or `a=1, b=2` as a dict."""
    return dict(part.strip().split("=", 1) for part in header.replace(",", ";").split(";"))


def run(tally, demo):
    base_url, alice = demo.account("alice")
    far_url, bob = demo.account("bob")

    def mention():
        """bob, on the other server, mentions alice."""
        text = f"@alice@{urllib.parse.urlsplit(base_url).netloc} sealed for you"
        answer = requests.post(
            f"{far_url}/api/v1/statuses",
            json={"status": text},
            headers={"Authorization": f"Bearer {bob['token']}"},
            timeout=10,
        )
        assert answer.status_code == 200, f"{answer.status_code} {answer.text}"

    with PushService() as service:
        for standard in (True, False):
            encoding = "aes128gcm" if standard else "aesgcm"
            tally.check(f"push: {encoding} is opened by http-ece", lambda: one(base_url, alice, mention, service, standard))


def one(base_url, alice, mention, service, standard):
    phone = Phone(base_url, alice["token"])
    path = f"/wake/{'new' if standard else 'old'}"
    subscription = phone.subscribe(service.origin + path, standard)
    assert subscription["standard"] is standard and subscription["alerts"] == {"mention": True, "poll": False}, subscription
    instance = requests.get(f"{base_url}/api/v2/instance", timeout=10).json()
    assert subscription["server_key"] == instance["configuration"]["vapid"]["public_key"], "two different keys"

    mention()
    headers, body = service.next(path)
    assert headers["ttl"] == "172800" and headers["urgency"] == "normal", headers
    message = json.loads(phone.open(headers, body, standard))
    assert message["access_token"] == alice["token"], "the message is for another token"
    assert message["notification_type"] == "mention" and isinstance(message["notification_id"], int), message
    assert message["body"].endswith("sealed for you") and "mentioned you" in message["title"], message
    assert message["icon"].startswith("http"), message
    told = phone.ask("GET", f"/api/v1/notifications/{message['notification_id']}")
    assert "sealed for you" in told["status"]["content"], told
    check_vapid(headers, standard, subscription["server_key"], service.origin)
    phone.ask("DELETE", "/api/v1/push/subscription")


class Phone:
    """An app with keys of its own."""

    def __init__(self, base_url, token):
        self.base_url, self.token = base_url, token
        self.key = ec.generate_private_key(ec.SECP256R1())
        self.auth = b"sixteen bytes ok"

    def ask(self, method, path, body=None):
        headers = {"Authorization": f"Bearer {self.token}"}
        answer = requests.request(method, self.base_url + path, json=body, headers=headers, timeout=10)
        assert answer.status_code == 200, f"{method} {path}: {answer.status_code} {answer.text}"
        return answer.json()

    def subscribe(self, endpoint, standard):
        point = serialization.Encoding.X962, serialization.PublicFormat.UncompressedPoint
        keys = {"p256dh": base64url(self.key.public_key().public_bytes(*point)), "auth": base64url(self.auth)}
        wish = {
            "subscription": {"endpoint": endpoint, "keys": keys, "standard": standard},
            "data": {"alerts": {"mention": True, "poll": False}, "policy": "all"},
        }
        return self.ask("POST", "/api/v1/push/subscription", wish)

    def open(self, headers, body, standard):
        if standard:
            assert headers["content-encoding"] == "aes128gcm", headers
            return http_ece.decrypt(body, private_key=self.key, auth_secret=self.auth, version="aes128gcm")
        assert headers["content-encoding"] == "aesgcm", headers
        return http_ece.decrypt(
            body,
            private_key=self.key,
            auth_secret=self.auth,
            salt=unbase64url(parameters(headers["encryption"])["salt"]),
            dh=unbase64url(parameters(headers["crypto-key"])["dh"]),
            version="aesgcm",
        )


def check_vapid(headers, standard, server_key, origin):
    """The statement is for this push service, fresh, and signed with the key that the server shows. RFC 8292"""
    scheme, rest = headers["authorization"].split(" ", 1)
    if standard:
        told = parameters(rest)
        assert scheme == "vapid" and told["k"] == server_key, headers["authorization"]
        token = told["t"]
    else:
        assert scheme == "WebPush", headers["authorization"]
        assert parameters(headers["crypto-key"])["p256ecdsa"] == server_key, headers["crypto-key"]
        token = rest
    text, signature = token.rsplit(".", 1)
    raw = unbase64url(signature)
    der = utils.encode_dss_signature(int.from_bytes(raw[:32], "big"), int.from_bytes(raw[32:], "big"))
    public = ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), unbase64url(server_key))
    public.verify(der, text.encode(), ec.ECDSA(hashes.SHA256()))
    claims = json.loads(unbase64url(text.split(".")[1]))
    assert claims["aud"] == origin and time.time() < claims["exp"] <= time.time() + 86_400, claims
    assert urllib.parse.urlsplit(claims["sub"]).scheme in ("mailto", "https", "http"), claims
