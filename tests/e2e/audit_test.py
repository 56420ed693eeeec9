# The audit log as proof, with the real binary and with arithmetic of our own: export, tamper, stop, kill, retention.
import base64
import hashlib
import json
import time

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from kit.command_line import CommandLine

WITNESS = Ed25519PrivateKey.from_private_bytes(bytes(range(32)))
WITNESS_PUBLIC = WITNESS.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)


def key_id(name, kind, public):
    return hashlib.sha256(name.encode() + b"\n" + bytes([kind]) + public).digest()[:4]


def vkey(name, kind, public):
    return f"{name}+{key_id(name, kind, public).hex()}+{base64.b64encode(bytes([kind]) + public).decode()}"


def open_note(note, verifier):
    """The checkpoint's lines, once the log's signature has been verified by another library than the server's."""
    name, identity, key = verifier.strip().split("+", 2)
    text, signatures = note.rsplit("\n\n", 1)
    text += "\n"
    for line in signatures.splitlines():
        dash, signer, signature = line.split(" ")
        raw = base64.b64decode(signature)
        if dash == "—" and signer == name and raw[:4].hex() == identity:
            Ed25519PublicKey.from_public_bytes(base64.b64decode(key)[1:]).verify(raw[4:], text.encode())
            origin, size, root = text.splitlines()[:3]
            assert origin == name
            return int(size), base64.b64decode(root)
    raise AssertionError("the log has not signed it")


def node(left, right):
    return hashlib.sha256(b"\x01" + left + right).digest()


def root_by_path(leaf, index, size, path):
    """RFC 9162 §2.1.3.2."""
    fn, sn, r = index, size - 1, leaf
    for p in path:
        assert sn > 0
        if fn & 1 or fn == sn:
            r = node(p, r)
            while not fn & 1 and fn:
                fn, sn = fn >> 1, sn >> 1
        else:
            r = node(r, p)
        fn, sn = fn >> 1, sn >> 1
    assert sn == 0
    return r


def continues(first, second, first_root, second_root, path):
    """RFC 9162 §2.1.4.2, of a log that has grown."""
    path = [first_root, *path] if first & (first - 1) == 0 else list(path)
    fn, sn = first - 1, second - 1
    while fn & 1:
        fn, sn = fn >> 1, sn >> 1
    fr = sr = path[0]
    for c in path[1:]:
        if sn == 0:
            return False
        if fn & 1 or fn == sn:
            fr, sr = node(c, fr), node(c, sr)
            while not fn & 1 and fn:
                fn, sn = fn >> 1, sn >> 1
        else:
            sr = node(sr, c)
        fn, sn = fn >> 1, sn >> 1
    return (fr, sr, sn) == (first_root, second_root, 0)


def root_of(leaves):
    """RFC 9162 §2.1.1."""
    if len(leaves) == 1:
        return leaves[0]
    split = 1 << (len(leaves) - 1).bit_length() - 1
    return node(root_of(leaves[:split]), root_of(leaves[split:]))


def leaves_of(admin, size):
    """Of an export of so many events over HTTP: each event hashed here, of another tenant's the hash as it is told."""
    leaves = []
    for after in range(0, size, 1024):
        page = admin.call("GET", "/audit/export", params={"after": after, "size": size}).content
        for line in page.splitlines():
            if line.startswith(b'{"seq":'):
                what, _, text = line[:-1].partition(b',"event":')
                told = json.loads(line).get("leaf")
                leaves.append(base64.b64decode(told) if told else hashlib.sha256(b"\x00" + text).digest())
                assert json.loads(line)["seq"] == len(leaves)
    return leaves


def proof_of(admin, **query):
    """A proof over HTTP, and its path as hashes."""
    answer = admin.ok("GET", "/audit/consistency" if "to" in query else "/audit/inclusion", params=query)
    return answer, [base64.b64decode(one) for one in answer["path"]]


def checkpoint_of(deputy, at_least=1, *words):
    """The newest checkpoint, once it covers so many events: one is signed within a second."""
    deadline = time.monotonic() + 30
    while True:
        done = deputy.run("audit", "checkpoint", *words)
        if done.returncode == 0 and int(done.stdout.split("\n")[1]) >= at_least:
            return done.stdout
        assert time.monotonic() < deadline, done.stderr


def newest_seq(deputy):
    return deputy.json("events", "--limit", "1")[0]["seq"]


@pytest.fixture(scope="module")
def jtis(oauth, admin, service):
    agent = admin.agent(service)
    tokens = [oauth.token(agent, resource=service.identifier).json()["access_token"] for _ in range(300)]
    return [jwt.decode(token, options={"verify_signature": False})["jti"] for token in tokens]


def test_a_token_is_proved_by_another_implementation(deputy, jtis):
    verifier = deputy.ok("audit", "key")
    answer = deputy.json("audit", "proof", jtis[0], "--key", verifier.strip())
    size, root = open_note(answer["checkpoint"], verifier)
    leaf = hashlib.sha256(b"\x00" + answer["encoded_event"].encode()).digest()
    assert json.loads(answer["encoded_event"])["jti"] == jtis[0]
    path = [base64.b64decode(one) for one in answer["path"]]
    assert root_by_path(leaf, answer["seq"] - 1, size, path) == root


def test_a_log_that_has_grown_is_proved_to_continue_each_earlier_one(deputy, admin, jtis):
    verifier = admin.call("GET", "/audit/key").text
    assert verifier == deputy.ok("audit", "key")
    earlier = checkpoint_of(deputy, newest_seq(deputy))
    admin.user()
    later = checkpoint_of(deputy, newest_seq(deputy))
    (first, first_root), (second, second_root) = open_note(earlier, verifier), open_note(later, verifier)
    assert first < second
    proof, path = proof_of(admin, **{"from": first, "to": second})
    assert proof["checkpoint"] == later
    assert continues(first, second, first_root, second_root, path)
    assert not continues(first, second, second_root, second_root, path)
    assert not continues(first, second, first_root, second_root, [*path[:-1], bytes(32)])

    leaves = leaves_of(admin, second)
    assert len(leaves) == second and root_of(leaves) == second_root and root_of(leaves[:first]) == first_root
    for size in (1, 2, 3, 255, 256, 257, second - 1):
        _, path = proof_of(admin, **{"from": size, "to": second})
        assert continues(size, second, root_of(leaves[:size]), second_root, path), size


def test_a_token_is_proved_to_be_in_an_earlier_log_too(deputy, admin, jtis):
    verifier = deputy.ok("audit", "key")
    note = checkpoint_of(deputy, newest_seq(deputy))
    admin.user()
    checkpoint_of(deputy, newest_seq(deputy))
    size, root = open_note(note, verifier)
    for jti in (jtis[0], jtis[-1]):
        answer, path = proof_of(admin, jti=jti, size=size)
        assert (answer["size"], answer["checkpoint"]) == (size, note)
        assert json.loads(answer["encoded_event"])["jti"] == jti
        leaf = hashlib.sha256(b"\x00" + answer["encoded_event"].encode()).digest()
        assert root_by_path(leaf, answer["index"], size, path) == root
        by_id, _ = proof_of(admin, event=answer["event"], size=size)
        assert by_id == answer


def test_a_proof_waits_for_what_was_just_issued(deputy, oauth, admin, service):
    token = oauth.token(admin.agent(service), resource=service.identifier).json()["access_token"]
    jti = jwt.decode(token, options={"verify_signature": False})["jti"]
    key = deputy.ok("audit", "key").strip()
    assert deputy.ok("audit", "proof", jti, "--key", key).startswith("verified: event ")


def test_a40_one_altered_byte_names_its_event(deputy, jtis):
    since = checkpoint_of(deputy, newest_seq(deputy))
    (deputy.folder / "since.txt").write_text(since)
    checkpoint_of(deputy, newest_seq(deputy))
    deputy.ok("audit", "export", "--output-file", "audit.jsonl")
    key = deputy.ok("audit", "key").strip()
    assert "verified: events 1 to " in deputy.ok(
        "audit", "verify", "audit.jsonl", "--key", key, "--since", "since.txt"
    )
    export = (deputy.folder / "audit.jsonl").read_bytes()
    at = export.index(jtis[123].encode())
    seq = json.loads(export[export.rindex(b"\n", 0, at) : export.index(b"\n", at)])["seq"]
    (deputy.folder / "copy.jsonl").write_bytes(export[: at + 8] + bytes([export[at + 8] ^ 1]) + export[at + 9 :])
    done = deputy.run("audit", "verify", "copy.jsonl", "--key", key)
    assert done.returncode == 1
    assert f"event {seq} (evt_" in done.stderr and "was altered" in done.stderr, done.stderr

    lines = export.split(b"\n")
    (deputy.folder / "copy.jsonl").write_bytes(b"\n".join(lines[:200] + lines[201:]))
    done = deputy.run("audit", "verify", "copy.jsonl", "--key", key, "--output", "json")
    assert done.returncode == 1 and json.loads(done.stdout)["finding"] == "missing"
    assert json.loads(done.stdout)["seq"] == 200
    (deputy.folder / "copy.jsonl").write_bytes(b"\n".join(lines[:250]))
    done = deputy.run("audit", "verify", "copy.jsonl", "--key", key, "--output", "json")
    assert done.returncode == 1 and json.loads(done.stdout)["finding"] == "truncated"


def test_the_log_goes_on_across_stops_and_kills(fresh, admin_for, tmp_path):
    server = fresh()
    deputy = CommandLine(server, tmp_path / "home")
    key = deputy.ok("audit", "key").strip()
    earlier = checkpoint_of(deputy)
    admin = admin_for(server)
    for end in (server.stop, server.kill):
        admin.user()
        end()
        server.start()
        checkpoint_of(deputy, newest_seq(deputy))
    assert deputy.ok("audit", "key").strip() == key
    (deputy.folder / "since.txt").write_text(earlier)
    deputy.ok("audit", "export", "--output-file", "audit.jsonl")
    deputy.ok("audit", "verify", "audit.jsonl", "--key", key, "--since", "since.txt")


def test_what_is_past_its_retention_is_proved_as_before(fresh, admin_for, tmp_path):
    """Bodies are dropped after days: here the store of a stopped server is left as audit.bodies_days leaves it."""
    import sqlite3

    server = fresh()
    deputy, admin = CommandLine(server, tmp_path / "home"), admin_for(server)
    service = admin.service()
    agent = admin.agent(service)
    for _ in range(600):
        admin.oauth.access_token(agent, resource=service.identifier)
    verifier = deputy.ok("audit", "key")
    earlier = checkpoint_of(deputy, newest_seq(deputy))
    (deputy.folder / "since.txt").write_text(earlier)
    old = next(event for event in admin.events(action="token.issue") if event.get("actor") == agent.id)
    kept, _ = proof_of(admin, jti=old["jti"])
    assert old["seq"] <= 512
    server.stop()
    (found,) = server.data.glob("*.db")
    with sqlite3.connect(found) as store:
        store.execute("UPDATE events SET body = '' WHERE seq <= 512")
        store.execute("UPDATE tree SET bodies_from = 513")
    store.close()
    server.start()
    assert admin.call("GET", f"/events/{old['id']}").status_code == 404
    assert admin.events()[0]["seq"] == 513

    later = checkpoint_of(deputy, newest_seq(deputy))
    (first, first_root), (second, second_root) = open_note(earlier, verifier), open_note(later, verifier)
    _, path = proof_of(admin, **{"from": first, "to": second})
    assert continues(first, second, first_root, second_root, path)
    answer, path = proof_of(admin, jti=old["jti"], size=second)
    assert "encoded_event" not in answer
    leaf = hashlib.sha256(b"\x00" + kept["encoded_event"].encode()).digest()
    assert root_by_path(leaf, old["seq"] - 1, second, path) == second_root

    deputy.ok("audit", "export", "--output-file", "audit.jsonl")
    verify = ["audit", "verify", "audit.jsonl", "--key", verifier.strip()]
    deputy.ok(*verify, "--since", "since.txt", "--bodies-from", "513")
    assert json.loads(deputy.run(*verify, "--bodies-from", "512", "--output", "json").stdout)["seq"] == 512
    lines = (deputy.folder / "audit.jsonl").read_bytes().splitlines(keepends=True)
    for seq, text, other in ((old["seq"], b'"leaf":"', b'"leaf":"AAAA'), (600, b'"action":"', b'"action":"x')):
        (at,) = (at for at, line in enumerate(lines) if line.startswith(b'{"seq":%d,' % seq))
        changed = lines[at].replace(text + lines[at].partition(text)[2][: len(other) - len(text)], other)
        (deputy.folder / "audit.jsonl").write_bytes(b"".join([*lines[:at], changed, *lines[at + 1 :]]))
        done = deputy.run(*verify)
        assert done.returncode == 1 and f"event {seq}" in done.stderr and "was altered" in done.stderr, done.stderr


def test_a_stopped_server_has_signed_for_everything(fresh, admin_for):
    import sqlite3

    server = fresh()
    admin_for(server).user()
    server.stop()
    (found,) = server.data.glob("*.db")
    with sqlite3.connect(f"file:{found}?mode=ro", uri=True) as store:
        last = store.execute("SELECT max(seq) FROM events").fetchone()
        assert store.execute("SELECT size FROM tree").fetchone() == last
        assert store.execute("SELECT max(size) FROM checkpoints").fetchone() == last
    store.close()


def test_a_witness_cosigns_and_is_asked_for(fresh, admin_for, tmp_path):
    witness = vkey("witness.example", 4, WITNESS_PUBLIC)
    server = fresh(audit__witnesses=witness)
    deputy = CommandLine(server, tmp_path / "home")
    key = deputy.ok("audit", "key").strip()
    note = checkpoint_of(deputy)
    size, _ = open_note(note, key)
    text = note.rsplit("\n\n", 1)[0] + "\n"
    now = int(time.time())
    signature = WITNESS.sign(f"cosignature/v1\ntime {now}\n{text}".encode())
    raw = key_id("witness.example", 4, WITNESS_PUBLIC) + now.to_bytes(8, "big") + signature
    line = f"— witness.example {base64.b64encode(raw).decode()}\n"
    admin = admin_for(server)
    answer = admin.ok("POST", "/audit/cosignatures", {"size": size, "cosignature": line})
    assert answer["checkpoint"] == note + line
    assert deputy.ok("audit", "checkpoint", "--cosigned") == note + line
    deputy.ok("audit", "export", "--cosigned", "--output-file", "audit.jsonl")
    deputy.ok("audit", "verify", "audit.jsonl", "--key", key, "--witness", witness)
    other = vkey("other.example", 4, WITNESS_PUBLIC)
    assert deputy.run("audit", "verify", "audit.jsonl", "--key", key, "--witness", other).returncode == 1
