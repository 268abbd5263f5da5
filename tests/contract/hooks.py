"""What schemathesis can't know of the service: who the callers are, and how values are written whose
form no schema can say. Read by scripts/contract."""

import ipaddress
import json
import os
import random
import re
import unicodedata
import urllib.request
import uuid
from datetime import datetime

import schemathesis
from hypothesis import strategies as st
from schemathesis.core.parameters import ParameterLocation

URL = os.environ["CONTRACT_URL"]
SECRET = os.environ["BACKEND_GATEWAY_SECRET"]
OPERATOR = os.environ["CONTRACT_OPERATOR"]

LETTERS = st.characters(categories=["Ll", "Lu", "Nd", "So"])


def names(most):
    """One to `most` characters, as many after normalisation, none of them a mark or a blank."""
    whole = st.text(LETTERS, min_size=1, max_size=most)
    return whole.filter(lambda text: len(unicodedata.normalize("NFC", text)) <= most)


schemathesis.openapi.format("display-name", names(32))
schemathesis.openapi.format("reason", names(500))
schemathesis.openapi.format(
    "language-tag", st.sampled_from(["en", "lv", "pt-BR", "zh-Hant-TW", "sr-Latn", "EN-gb"])
)
schemathesis.openapi.format(
    "email-address", st.uuids().map(lambda name: f"{name}@example.com")
)
schemathesis.openapi.format(
    "iana-time-zone", st.sampled_from(["UTC", "Europe/Riga", "asia/tokyo", "America/New_York"])
)


def call(method, path, body, **headers):
    """The answer to a call that must succeed."""
    request = urllib.request.Request(
        f"{URL}{path}",
        json.dumps(body).encode(),
        {"content-type": "application/json", "x-gateway-secret": SECRET, **headers},
        method=method,
    )
    with urllib.request.urlopen(request) as answer:
        return json.load(answer)


def identity():
    """Somebody who has not been here yet."""
    return {"kind": "platform", "provider": "contract", "subject": str(uuid.uuid4())}


def opened():
    """A session of a new player, for what one call ends is no use to the next."""
    return call("POST", "/api/v1/internal/sessions", {"identity": identity()})


@schemathesis.auth(refresh_interval=None)
class AsGateway:
    """The secret, and where a token is asked for, a live one."""

    def get(self, case, context):
        schemes = [name for need in case.operation.definition.raw["security"] for name in need]
        token = {"Authorization": f"Bearer {opened()['token']}"} if "SessionToken" in schemes else {}
        return {"X-Gateway-Secret": SECRET, **token}

    def set(self, case, data, context):
        case.headers.update(data)


def is_uuid(text):
    try:
        return isinstance(text, str) and str(uuid.UUID(text)) == text
    except ValueError:
        return False


def is_moment(text):
    try:
        return bool(datetime.fromisoformat(text.upper().replace("Z", "+00:00")))
    except (AttributeError, ValueError):
        return False


def is_address(text):
    try:
        return isinstance(text, str) and bool(ipaddress.ip_address(text))
    except ValueError:
        return False


def real_id(path, player):
    """The id of something that there is, and that is the caller's where it must be."""
    if "/user/" not in path:
        return opened()["account"]["id"]
    if "/sessions/" in path:
        return player["session"]["id"]
    caller = {"x-user-id": player["account"]["id"]}
    return call("POST", "/api/v1/user/identities", identity(), **caller)["id"]


@schemathesis.hook
def filter_case(context, case):
    """Leaves out what is no HTTP (RFC 9110, section 5): no operation answers it, but a bare 400."""
    return all(
        re.fullmatch(r"[-!#$%&'*+.^_`|~0-9A-Za-z]+", name)
        and re.fullmatch(r"[\t -~\x80-\xff]*", str(value))
        for name, value in case.headers.items()
    )


@schemathesis.hook
def before_call(context, case, kwargs):
    """Puts in the place of what has the right form what also has a meaning: the caller is somebody, every
    other id is real, a key is new, a version is any, a suspension ends in the future, nobody links a
    guest, and every code is asked for from elsewhere."""
    path, body = case.operation.path, case.body
    player = opened()
    if is_uuid(case.headers.get("X-User-ID")):
        case.headers["X-User-ID"] = OPERATOR if "/admin/" in path else player["account"]["id"]
    has_sound_headers = not (case.meta and case.meta.is_negative_at(ParameterLocation.HEADER))
    if has_sound_headers and "Idempotency-Key" in case.headers:
        case.headers["Idempotency-Key"] = str(uuid.uuid4())
    if has_sound_headers and "If-Match" in case.headers:
        case.headers["If-Match"] = "*"
    given = (case.path_parameters or {}).get("id")
    if is_uuid(given) and int(given[0], 16) % 2 == 0:
        case.path_parameters["id"] = real_id(path, player)
    if isinstance(body, dict) and is_moment(body.get("until")):
        body["until"] = "2100-01-01T00:00:00Z"
    client = body.get("client") if path == "/api/v1/internal/email-codes" and isinstance(body, dict) else None
    if isinstance(client, dict) and is_address(client.get("ip")):
        client["ip"] = str(ipaddress.IPv6Address(random.getrandbits(128)))
    if path == "/api/v1/user/identities" and body == {"kind": "guest"}:
        case.body = identity()
