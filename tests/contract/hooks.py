"""What schemathesis can't know of the service: who the callers are, and how values are written whose
form no schema can say. Read by scripts/contract."""

import ipaddress
import json
import os
import random
import re
import time
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


BEGAN_AT_MS = int(time.time() * 1000) - 1
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


def is_made_by_service(text):
    """Whether an id is of this run: it begins with the moment at which it was made."""
    return BEGAN_AT_MS <= uuid.UUID(text).int >> 80 <= time.time() * 1000


def is_to_be_real(text):
    """Of the ids that nobody knows every other one."""
    return is_uuid(text) and not is_made_by_service(text) and int(text[0], 16) % 2 == 0


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


def somebody():
    """The account of a new player."""
    return opened()["account"]["id"]


def as_user(player, method, path, body=None):
    """What a player is answered."""
    return call(method, f"/api/v1/user{path}", body, **{"x-user-id": player})


# Of ids that the service has made, who was told of each, and may do something with it.
TOLD = {}


# Of which a play is taken whatever it spells.
TERMS = {
    "rules": "english",
    "challenge": "double",
    "time_control": {"kind": "real_time", "initial_seconds": 1500},
}


def begun(player):
    """A game of a player with another: its id, and both, who is on turn first."""
    other = somebody()
    seek = as_user(other, "POST", "/seeks", {"terms": TERMS})["id"]
    game = as_user(player, "POST", f"/seeks/{seek}/join")["game_id"]
    shown = as_user(player, "GET", f"/games/{game}")
    is_first = shown["players"][shown["on_turn"]]["account_id"] == player
    return game, (player, other) if is_first else (other, player)


def command(game, player, turn, action, **more):
    body = {"turn": turn, "action": action, **more}
    return as_user(player, "POST", f"/games/{game}/commands", body)


def first_play(game, player):
    """Two tiles of a player's rack on the middle of an empty board."""
    rack = as_user(player, "GET", f"/games/{game}")["rack"]
    return {"at": "8H", "tiles": rack[:2] if "?" not in rack[:2] else rack[-2:]}


def commanded(player, body):
    """A game that can be asked just this, and by whom."""
    game, (first, second) = begun(player)
    body["turn"] = 1
    match body["action"]:
        case "play":
            body.update(first_play(game, first))
        case "exchange":
            body["tiles"] = as_user(first, "GET", f"/games/{game}")["rack"][:1]
        case "challenge":
            command(game, first, 1, "play", **first_play(game, first))
            body["turn"] = 2
            return game, second
        case "accept" | "decline":
            command(game, second, 1, "offer", proposal="more_time")
        case "withdraw":
            command(game, first, 1, "offer", proposal="more_time")
    return game, first


def is_sound(case, location):
    """Whether a part of a request is as the contract has it."""
    return not (case.meta and case.meta.is_negative_at(location))


def real(case, player):
    """The id of something that there is, and a caller who may do with it what is asked."""
    method, path, caller = case.method, case.operation.path, player["account"]["id"]
    if "/user/" not in path or "/blocks/" in path:
        return somebody(), caller
    if "/sessions/" in path:
        return player["session"]["id"], caller
    if "/identities/" in path:
        return as_user(caller, "POST", "/identities", identity())["id"], caller
    if "/seeks/" in path:
        owner = caller if method == "DELETE" else somebody()
        return as_user(owner, "POST", "/seeks", {"terms": TERMS})["id"], caller
    if "/invitations/" in path:
        asked = {"terms": TERMS, "account_ids": [caller]}
        return as_user(somebody(), "POST", "/invitations", asked)["id"], caller
    if path.endswith("/commands") and is_sound(case, ParameterLocation.BODY):
        return commanded(caller, case.body)
    game, (first, _) = begun(caller)
    if path.endswith("/rematch"):
        command(game, first, 1, "resign")
    return game, caller


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
    case.body = written_plainly(case.body)
    player = opened()
    caller = TOLD.get(parameters.get("id"), player["account"]["id"])
    # The rules refuse most commands to a game that just happens to be there.
    is_command = path.endswith("/commands") and parameters.get("id") in TOLD
    if is_command or is_to_be_real(parameters.get("id")):
        id, caller = real(case, player)
        TOLD[id] = caller
        # Not in their place: the cases of an operation share them.
        case.path_parameters = {**parameters, "id": id}
    if path.endswith("/matchmaking/renew") and is_to_be_real(headers.get("X-User-ID")):
        as_user(caller, "POST", "/matchmaking", {"terms": TERMS})
    if is_uuid(headers.get("X-User-ID")):
        headers["X-User-ID"] = OPERATOR if "/admin/" in path else caller
    if is_to_be_real(headers.get("X-Session-ID")):
        headers["X-Session-ID"] = player["session"]["id"]
    has_sound_headers = is_sound(case, ParameterLocation.HEADER)
    if has_sound_headers and "Idempotency-Key" in headers:
        headers["Idempotency-Key"] = str(uuid.uuid4())
    if has_sound_headers and "If-Match" in headers:
        headers["If-Match"] = "*"
    is_query_sound = is_sound(case, ParameterLocation.QUERY)
    if path == "/api/v1/user/games" and is_query_sound and "cursor" in (case.query or {}):
        case.query["cursor"] = place(case.query.get("status"))
    if isinstance(case.body, dict):
        give_meaning(case.body, path)


@schemathesis.hook
def after_call(context, case, response):
    """Remembers who was told of what there is now: schemathesis asks for it later."""
    if response.status_code not in (200, 201) or case.method != "POST":
        return
    told = response.json()
    for id in (told.get("id"), told.get("session", {}).get("id"), told.get("game_id")):
        if is_uuid(id):
            TOLD.setdefault(id, told.get("account", {}).get("id", case.headers.get("X-User-ID")))


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
