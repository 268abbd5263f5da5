"""What schemathesis can't know of the service: who the callers are, and how values are written whose
form no schema can say. Read by scripts/contract."""

import json
import os
import unicodedata
import urllib.error
import urllib.request
import uuid
from datetime import datetime

import schemathesis
from hypothesis import strategies as st

URL = os.environ["CONTRACT_URL"]
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
    "iana-time-zone", st.sampled_from(["UTC", "Europe/Riga", "asia/tokyo", "America/New_York"])
)


def opened(subject):
    """A session of a player."""
    identity = {"kind": "platform", "provider": "contract", "subject": subject}
    request = urllib.request.Request(
        f"{URL}/api/v1/internal/sessions",
        json.dumps({"identity": identity}).encode(),
        {"content-type": "application/json"},
    )
    with urllib.request.urlopen(request) as answer:
        return json.load(answer)


PLAYER = opened("player")["account"]["id"]


@schemathesis.auth(refresh_interval=None).apply_to(tag="user")
class AsPlayer:
    def get(self, case, context):
        return PLAYER

    def set(self, case, data, context):
        case.headers["X-User-ID"] = data


@schemathesis.auth(refresh_interval=None).apply_to(tag="admin")
class AsOperator:
    def get(self, case, context):
        return OPERATOR

    def set(self, case, data, context):
        case.headers["X-User-ID"] = data


@schemathesis.auth(refresh_interval=None).apply_to(
    path_regex="^/api/v1/internal/sessions/(resolve|current)$"
)
class WithToken:
    """A new session each time: one that is closed is no use to the next."""

    def get(self, case, context):
        return opened("player")["token"]

    def set(self, case, data, context):
        case.headers["Authorization"] = f"Bearer {data}"


def real_id(path):
    """The id of something that there is."""
    if "/sessions/" in path:
        return opened("player")["session"]["id"]
    return opened("suspended" if "/admin/" in path else "player")["account"]["id"]


def is_uuid(text):
    try:
        return str(uuid.UUID(text)) == text
    except ValueError:
        return False


@schemathesis.hook
def before_call(context, case, kwargs):
    """Of the ids every other one is real; a suspension ends in the future; nobody links a guest."""
    parameters = case.path_parameters or {}
    given = parameters.get("id")
    if isinstance(given, str) and is_uuid(given) and int(given[0], 16) % 2:
        try:
            parameters["id"] = real_id(case.operation.path)
        except urllib.error.HTTPError:
            pass  # The account is suspended; the id stays that of nobody.
    body = case.body
    if isinstance(body, dict) and isinstance(body.get("until"), str):
        try:
            datetime.fromisoformat(body["until"].upper().replace("Z", "+00:00"))
            body["until"] = "2100-01-01T00:00:00Z"
        except ValueError:
            pass  # It is no moment, and is to be refused as it is.
    if case.operation.path == "/api/v1/user/identities" and body == {"kind": "guest"}:
        case.body = {"kind": "platform", "provider": "contract", "subject": str(uuid.uuid4())}
