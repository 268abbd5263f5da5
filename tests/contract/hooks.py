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


def call(method, path, body=None, **headers):
    """The answer to a call that must succeed."""
    request = urllib.request.Request(
        f"{URL}{path}",
        None if body is None else json.dumps(body).encode(),
        {"content-type": "application/json", "x-gateway-secret": SECRET, **headers},
        method=method,
    )
    with urllib.request.urlopen(request) as answer:
        return json.load(answer)


RULES = call("GET", "/api/v1/public/openapi.json")["components"]["schemas"]["RulesName"]["enum"]


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


def is_to_be_real(text):
    """Of the ids every other one."""
    return is_uuid(text) and int(text[0], 16) % 2 == 0


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
    other id is real, a key is new, a version is any."""
    path, headers, parameters = case.operation.path, case.headers, case.path_parameters or {}
    player = opened()
    if is_uuid(headers.get("X-User-ID")):
        headers["X-User-ID"] = OPERATOR if "/admin/" in path else player["account"]["id"]
    if is_to_be_real(headers.get("X-Session-ID")):
        headers["X-Session-ID"] = player["session"]["id"]
    if is_to_be_real(parameters.get("id")):
        parameters["id"] = real_id(path, player)
    has_sound_headers = not (case.meta and case.meta.is_negative_at(ParameterLocation.HEADER))
    if has_sound_headers and "Idempotency-Key" in headers:
        headers["Idempotency-Key"] = str(uuid.uuid4())
    if has_sound_headers and "If-Match" in headers:
        headers["If-Match"] = "*"
    is_query_sound = not (case.meta and case.meta.is_negative_at(ParameterLocation.QUERY))
    if path == "/api/v1/user/games" and is_query_sound and "cursor" in (case.query or {}):
        case.query["cursor"] = place(case.query.get("status"))
    case.body = written_plainly(case.body)
    if isinstance(case.body, dict):
        give_meaning(case.body, path)


def place(status):
    """A place in just the list that is asked for."""
    id = uuid.uuid4()
    return f"{id}2026-11-24T12:00:00Z" if status == "finished" else f"t{id}"


def written_plainly(body):
    """The same with `5` for `5.0`, which is an integer too by JSON Schema. The service reads no such
    number as one: nobody who has an integer writes it so, and who has none should hear of it."""
    if isinstance(body, dict):
        return {name: written_plainly(value) for name, value in body.items()}
    if isinstance(body, list):
        return [written_plainly(value) for value in body]
    return int(body) if isinstance(body, float) and body.is_integer() else body


def invite_somebody(body):
    """Invites as many accounts that there are, one of whom begins where somebody is to; gives them."""
    ids = body["account_ids"]
    if isinstance(ids, list) and all(map(is_uuid, ids)) and len(set(ids)) == len(ids) in (1, 2, 3):
        ids = body["account_ids"] = [opened()["account"]["id"] for _ in ids]
        if is_uuid(body.get("starter_id")):
            body["starter_id"] = ids[0]
        return ids
    return [None]


def make_playable(terms, players):
    """The same for so many by rules that there are words for, with one kind of time beside the first."""
    if terms.get("players") in (2, 3, 4) or players > 2 and "players" not in terms:
        terms["players"] = players
    if terms.get("rules") in RULES:
        terms["rules"] = "english"
    if isinstance(terms.get("lexicon"), str):
        terms["lexicon"] = "English (Wordnik)"
    time = terms.get("time_control")
    if isinstance(time, dict) and time.get("overtime_minutes") in range(1, 11):
        time.pop("increment_seconds", None)


def give_meaning(body, path):
    """The same in a body: games are by rules and words that there are, bounds are in order, a suspension
    ends in the future, nobody links a guest, a merger is with somebody, and every code is asked for from
    elsewhere."""
    if isinstance(body.get("terms"), dict):
        make_playable(body["terms"], 1 + len(invite_somebody(body)) if "account_ids" in body else 2)
    bounds = [body.get("rating_min"), body.get("rating_max")]
    if all(type(bound) is int and 0 <= bound <= 4000 for bound in bounds):
        body["rating_min"], body["rating_max"] = sorted(bounds)
    if is_moment(body.get("until")):
        body["until"] = "2100-01-01T00:00:00Z"
    client = body.get("client") if path == "/api/v1/internal/email-codes" else None
    if isinstance(client, dict) and is_address(client.get("ip")):
        client["ip"] = str(ipaddress.IPv6Address(random.getrandbits(128)))
    if path == "/api/v1/user/identities" and body == {"kind": "guest"}:
        body.update(identity())
    if is_to_be_real(body.get("loser_id")):
        body["loser_id"] = opened()["account"]["id"]
    if re.fullmatch(r"scrs_[A-Za-z0-9_-]{43}", str(body.get("token"))):
        body["token"] = opened()["token"]
