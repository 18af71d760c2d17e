"""DynamoDB's semantics, twice: the same calls to dx-sim and to ministack, an emulator that is not ours, each answer held
against what AWS documents. Only the standard library, and no SDK: what an SDK refuses to send is sent here.

ledger.py DX_SIM MINISTACK: the URLs of both. A case that one of them answers otherwise is in DIFFERENCES with its reason,
and a difference that is no longer there fails like one that is new."""

import concurrent.futures
import json
import sys
import urllib.error
import urllib.request

# What is known to be answered otherwise than AWS documents: what the emulator does, by emulator and case. All of it is
# ministack's, which is the more lenient one; dx-sim is to have none.
LENIENT = "takes what is wrong for right; no expression of the ledger is of that kind"
DIFFERENCES = {
    ("ministack", """condition 'due ? :v' {":v": {"N": "7"}}"""): LENIENT,
    ("ministack", """update 'SET due = due + :v' {":v": {"S": "b"}}"""): LENIENT,
    ("ministack", """update 'SET due :v' {":v": {"N": "1"}}"""): LENIENT,
    ("ministack", """update 'SET due = :v SET later = :v' {":v": {"N": "1"}}"""): LENIENT,
    ("ministack", """update 'SET due = :v, due = :v' {":v": {"N": "1"}}"""): LENIENT,
    ("ministack", """update 'SET due = :v REMOVE due' {":v": {"N": "1"}}"""): LENIENT,
    ("ministack", "query for either"): LENIENT,
}

NAMES = "ExpressionAttributeNames"
VALUES = "ExpressionAttributeValues"
REFUSED = "ValidationException"
NOT_HELD = "ConditionalCheckFailedException"
ITEM = {"id": {"S": "a"}, "token": {"S": "t1"}, "due": {"N": "7"}, "unfinished": {"S": "yes"}}


def call(url, operation, members):
    """The status and the body of one call."""
    headers = {
        "content-type": "application/x-amz-json-1.0",
        "x-amz-target": f"DynamoDB_20120810.{operation}",
        "authorization": "AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20260101/us-east-1/dynamodb/aws4_request",
    }
    request = urllib.request.Request(url, json.dumps(members).encode(), headers)
    try:
        with urllib.request.urlopen(request, timeout=20) as answer:
            return answer.status, json.load(answer)
    except urllib.error.HTTPError as error:
        return error.code, json.loads(error.read() or b"{}")


def said(operation, answer):
    """What matters of an answer, in the words in which the cases expect it."""
    status, body = answer
    if status != 200:
        code = body.get("__type", "").rsplit("#")[-1]
        reasons = [reason.get("Code") for reason in body.get("CancellationReasons", [])]
        return f"{code} {' '.join(reasons)}".strip() if status == 400 else f"{status} {code}"
    if operation == "GetItem":
        return body.get("Item", "nothing")
    if operation == "Query":
        if any(item.keys() != {"id", "unfinished", "due"} for item in body["Items"]):
            return f"more than the keys: {body}"
        last = body.get("LastEvaluatedKey")
        return [item["id"]["S"] for item in body["Items"]] + (["and more"] if last else [])
    return "done"


def key(id="a"):
    return {"Key": {"id": {"S": id}}}


def get(expected, id="a"):
    return "GetItem", {**key(id), "ConsistentRead": True}, expected


def put(expected, item=None, **members):
    return "PutItem", {"Item": item or {"id": {"S": "a"}, "token": {"S": "t2"}}, **members}, expected


def update(expected, change, values=None, id="a", **members):
    more = {VALUES: values} if values else {}
    return "UpdateItem", {**key(id), "UpdateExpression": change, **more, **members}, expected


def transact(expected, *actions, token=None):
    more = {"ClientRequestToken": token} if token else {}
    return "TransactWriteItems", {"TransactItems": list(actions), **more}, expected


def new(id, **members):
    item = {"id": {"S": id}, "token": {"S": "t2"}}
    return {"Put": {"Item": item | members, "ConditionExpression": "attribute_not_exists(id)"}}


def fenced(id, token, **members):
    names, values = {"#token": "token"}, {":seen": {"S": token}}
    item = {"id": {"S": id}, "token": {"S": "t2"}}
    return {"Put": {"Item": item | members, "ConditionExpression": "#token = :seen", NAMES: names, VALUES: values}}


def beside():
    """What a move asks of the leases of other interfaces: that they are quiet since a moment, here 50."""
    quiet = (
        "attribute_exists(holder) AND in_progress_expiration < :since OR attribute_not_exists(holder) AND "
        "(attribute_not_exists(free_since) OR free_since < :since)"
    )
    check = {**key("vif#b"), "ConditionExpression": quiet, VALUES: {":since": {"N": "50"}}}
    for what, lease, expected in [
        ("never seen", None, "done"),
        ("let go before", {"free_since": {"N": "49"}, "in_progress_expiration": {"N": "99"}}, "done"),
        ("let go since", {"free_since": {"N": "50"}, "in_progress_expiration": {"N": "9"}}, "in the way"),
        ("held", {"holder": {"S": "req#1"}, "in_progress_expiration": {"N": "50"}}, "in the way"),
        ("left behind", {"holder": {"S": "req#1"}, "in_progress_expiration": {"N": "49"}}, "done"),
    ]:
        there = [put("done", {"id": {"S": "vif#b"}, "token": {"S": "t1"}} | lease)] if lease else []
        refused = "TransactionCanceledException None ConditionalCheckFailed"
        after = get("nothing", "c") if expected != "done" else get({"id": {"S": "c"}, "token": {"S": "t2"}}, "c")
        expected = refused if expected != "done" else expected
        yield f"a path beside it: {what}", there + [transact(expected, new("c"), {"ConditionCheck": check}), after]


def query(expected, now, **members):
    values = {":yes": {"S": "yes"}, ":now": {"N": now}}
    condition = "unfinished = :yes AND due <= :now"
    return "Query", {"IndexName": "unfinished", "KeyConditionExpression": condition, VALUES: values, **members}, expected


def conditions():
    """Conditions over ITEM: what holds, what does not, and what is no condition."""
    seven, nine, text = {":v": {"N": "7"}}, {":v": {"N": "9"}}, {":v": {"S": "t1"}}
    token = {"#t": "token"}
    for condition, names, values, expected in [
        ("attribute_exists(id)", {}, {}, "done"),
        ("attribute_not_exists(id)", {}, {}, NOT_HELD),
        ("attribute_not_exists(nothing)", {}, {}, "done"),
        ("NOT attribute_exists(nothing)", {}, {}, "done"),
        ("NOT attribute_exists(id) OR due = :v", {}, seven, "done"),
        ("#t = :v", token, text, "done"),
        ("#t = :v", token, {":v": {"S": "other"}}, NOT_HELD),
        ("#t <> :v", token, {":v": {"S": "other"}}, "done"),
        ("#t = :v", token, seven, NOT_HELD),
        ("#t < :v", token, {":v": {"S": "t2"}}, "done"),
        ("due < :v", {}, seven, NOT_HELD),
        ("due < :v", {}, nine, "done"),
        ("due < :v", {}, {":v": {"N": "10"}}, "done"),
        ("due <= :v AND due >= :v", {}, seven, "done"),
        ("due > :v", {}, nine, NOT_HELD),
        ("due < :v", {}, {":v": {"S": "8"}}, NOT_HELD),
        ("nothing < :v", {}, nine, NOT_HELD),
        ("nothing = :v", {}, nine, NOT_HELD),
        ("nothing <> :v", {}, nine, "done"),
        ("due BETWEEN :v AND :w", {}, seven | {":w": {"N": "8"}}, "done"),
        ("due BETWEEN :v AND :w", {}, {":v": {"N": "8"}, ":w": {"N": "9"}}, NOT_HELD),
        ("due > :v OR (attribute_exists(id) AND due = :v)", {}, seven, "done"),
        ("attribute_not_exists(id) OR due < :v", {}, nine, "done"),
        ("attribute_not_exists(id) AND due < :v OR due = :w", {}, nine | {":w": {"N": "7"}}, "done"),
        ("token = :v", {}, text, REFUSED),
        ("status = :v", {}, text, REFUSED),
        ("owner = :v", {}, text, REFUSED),
        ("#t = :v", {}, text, REFUSED),
        ("attribute_exists(id)", {}, seven, REFUSED),
        ("attribute_exists(id)", token, {}, REFUSED),
        ("due = :w", {}, seven, REFUSED),
        ("due ==", {}, {}, REFUSED),
        ("due = :v AND", {}, seven, REFUSED),
        ("(due = :v", {}, seven, REFUSED),
        ("due ? :v", {}, seven, REFUSED),
        ("", {}, {}, REFUSED),
    ]:
        members = {"ConditionExpression": condition}
        members |= {NAMES: names} if names else {}
        members |= {VALUES: values} if values else {}
        after = {"id": {"S": "a"}, "token": {"S": "t2"}} if expected == "done" else ITEM
        yield f"condition {condition!r} {json.dumps(names | values)}", [put("done", ITEM), put(expected, **members), get(after)]


def updates():
    """Updates of ITEM."""
    finished = {name: value for name, value in ITEM.items() if name not in ("due", "unfinished")}
    mine = {":true": {"BOOL": True}, ":token": {"S": "t2"}, ":seen": {"S": "t1"}}
    said_so = "SET emitted = :true, #token = :token REMOVE unfinished, due"
    condition = {"ConditionExpression": "#token = :seen", NAMES: {"#token": "token"}}
    emitted = finished | {"emitted": {"BOOL": True}, "token": {"S": "t2"}}
    yield "update, fenced, of what is there", [put("done", ITEM), update("done", said_so, mine, **condition), get(emitted)]
    other = mine | {":seen": {"S": "t0"}}
    yield "update, fenced, too late", [put("done", ITEM), update(NOT_HELD, said_so, other, **condition), get(ITEM)]
    yield "update, fenced, of nothing", [update(NOT_HELD, said_so, mine, **condition), get("nothing")]
    yield "update of nothing makes the item", [
        update("done", "SET due = :v", {":v": {"N": "1"}}),
        get({"id": {"S": "a"}, "due": {"N": "1"}}),
    ]
    yield "update reads what was there before", [
        put("done", ITEM),
        update("done", "SET due = due + :v, later = due REMOVE unfinished", {":v": {"N": "5"}}),
        get(finished | {"due": {"N": "12"}, "later": {"N": "7"}}),
    ]
    for change, values in [
        ("SET id = :v", {":v": {"S": "b"}}),
        ("SET token = :v", {":v": {"S": "b"}}),
        ("SET due = nothing + :v", {":v": {"N": "1"}}),
        ("SET due = due + :v", {":v": {"S": "b"}}),
        ("SET due = :v", {":v": {"N": "many"}}),
        ("SET due = :v", {":v": {"N": "1"}, ":unused": {"N": "1"}}),
        ("SET due = :w", {":v": {"N": "1"}}),
        ("SET due :v", {":v": {"N": "1"}}),
        ("LET due = :v", {":v": {"N": "1"}}),
        ("SET due = :v SET later = :v", {":v": {"N": "1"}}),
        ("SET due = :v, due = :v", {":v": {"N": "1"}}),
        ("SET due = :v REMOVE due", {":v": {"N": "1"}}),
    ]:
        yield f"update {change!r} {json.dumps(values)}", [put("done", ITEM), update(REFUSED, change, values), get(ITEM)]


def items():
    """Items that are none, and the largest that is one."""
    for name, item in [
        ("without its key", {"due": {"N": "1"}}),
        ("with an empty key", {"id": {"S": ""}}),
        ("with a number for a key", {"id": {"N": "1"}}),
        ("with a number that is none", {"id": {"S": "a"}, "due": {"N": "many"}}),
        ("of an unknown type", {"id": {"S": "a"}, "due": {"X": "1"}}),
        ("of more than 400 KB", {"id": {"S": "a"}, "record": {"S": "x" * 400 * 1024}}),
        ("with a number in the index that is a string", ITEM | {"due": {"S": "7"}}),
    ]:
        yield f"item {name}", [("PutItem", {"Item": item}, REFUSED), get("nothing")]
    large = {"id": {"S": "a"}, "record": {"S": "x" * (400 * 1024 - len("id" + "a" + "record"))}}
    yield "item of 400 KB", [put("done", large), get(large)]
    yield "item with an empty string beside the key", [put("done", ITEM | {"leaves": {"S": ""}})]
    yield "key with two members", [("GetItem", {"Key": {"id": {"S": "a"}, "due": {"N": "1"}}}, REFUSED)]
    yield "key of nobody", [get("nothing", "nobody")]


def transactions():
    """All or nothing, once for each token."""
    cancelled = "TransactionCanceledException"
    yield "transaction of two new items", [
        transact("done", new("a"), new("b")),
        get({"id": {"S": "a"}, "token": {"S": "t2"}}),
        get({"id": {"S": "b"}, "token": {"S": "t2"}}, "b"),
    ]
    yield "transaction of which one is there", [
        put("done", ITEM),
        transact(f"{cancelled} ConditionalCheckFailed None", new("a"), new("b")),
        get(ITEM),
        get("nothing", "b"),
    ]
    yield "transaction, fenced", [
        put("done", ITEM),
        transact("done", fenced("a", "t1"), new("b")),
        transact(f"{cancelled} ConditionalCheckFailed None", fenced("a", "t1", due={"N": "1"}), fenced("b", "t2")),
        get({"id": {"S": "a"}, "token": {"S": "t2"}}),
    ]
    yield "transaction with a check", [
        put("done", ITEM),
        transact("done", new("b"), {"ConditionCheck": {**key(), "ConditionExpression": "attribute_exists(id)"}}),
        transact(
            f"{cancelled} None ConditionalCheckFailed",
            new("c"),
            {"ConditionCheck": {**key(), "ConditionExpression": "attribute_not_exists(id)"}},
        ),
        get("nothing", "c"),
    ]
    yield from beside()
    change = {"UpdateExpression": "SET due = :v", VALUES: {":v": {"N": "9"}}}
    yield "transaction with an update", [
        put("done", ITEM),
        transact("done", {"Update": {**key(), **change}}, new("b")),
        get(ITEM | {"due": {"N": "9"}}),
        transact(f"{cancelled} None ConditionalCheckFailed", {"Update": {**key(), **change}}, new("b")),
    ]
    yield "transaction again with its token", [
        transact("done", new("a"), token="one"),
        transact("done", new("a"), token="one"),
        transact("IdempotentParameterMismatchException", new("b"), token="one"),
        transact(f"{cancelled} ConditionalCheckFailed", new("a"), token="two"),
        get("nothing", "b"),
    ]
    yield "transaction again after it was cancelled", [
        put("done", ITEM),
        transact(f"{cancelled} ConditionalCheckFailed", new("a"), token="one"),
        transact(f"{cancelled} ConditionalCheckFailed", new("a"), token="one"),
    ]
    yield "transaction with one item twice", [transact(REFUSED, new("a"), new("a")), get("nothing")]
    yield "transaction of nothing", [transact(REFUSED)]
    yield "transaction with a wrong expression", [
        transact(REFUSED, new("b"), {"Put": {"Item": ITEM, "ConditionExpression": "token = :v"}}),
        get("nothing", "b"),
    ]


def queries():
    """The index: what is in it, in which order, and how far."""
    rows = [("late", "30"), ("second", "20"), ("first", "9"), ("third", "100")]
    row = lambda id, due: {"id": {"S": id}, "unfinished": {"S": "yes"}, "due": {"N": due}, "record": {"S": "{}"}}
    there = [put("done", row(id, due)) for id, due in rows]
    there.append(put("done", {"id": {"S": "finished"}, "due": {"N": "1"}}))
    there.append(put("done", {"id": {"S": "halfway"}, "unfinished": {"S": "yes"}}))
    everything = ["first", "second", "late", "third"]
    yield "query for all", [*there, query(everything, "100")]
    yield "query for what is due", [*there, query(["first", "second"], "29")]
    yield "query for none", [*there, query([], "8")]
    yield "query of an empty table", [query([], "8")]
    yield "query with a limit", [*there, query(["first", "second", "and more"], "100", Limit=2)]
    yield "query after the item is finished", [
        *there,
        update("done", "REMOVE unfinished, due", id="first"),
        query(["second", "late", "third"], "100"),
    ]
    only = {"KeyConditionExpression": "due <= :now", VALUES: {":now": {"N": "1"}}}
    yield "query without the partition key", [("Query", {"IndexName": "unfinished", **only}, REFUSED)]
    either = {"KeyConditionExpression": "unfinished = :yes OR due <= :now"}
    yield "query for either", [query(REFUSED, "1", **either)]
    yield "query of an unknown index", [query(REFUSED, "1", IndexName="other")]
    yield "query, consistent, of the index", [query(REFUSED, "1", ConsistentRead=True)]
    yield "query with a limit of nothing", [query(REFUSED, "1", Limit=0)]


def create(url, table):
    """A table as template.yaml makes it; dx-sim has every table that is named."""
    kinds = [("id", "S"), ("unfinished", "S"), ("due", "N")]
    index = {
        "IndexName": "unfinished",
        "KeySchema": [{"AttributeName": "unfinished", "KeyType": "HASH"}, {"AttributeName": "due", "KeyType": "RANGE"}],
        "Projection": {"ProjectionType": "KEYS_ONLY"},
    }
    status, body = call(url, "CreateTable", {
        "TableName": table,
        "BillingMode": "PAY_PER_REQUEST",
        "AttributeDefinitions": [{"AttributeName": name, "AttributeType": kind} for name, kind in kinds],
        "KeySchema": [{"AttributeName": "id", "KeyType": "HASH"}],
        "GlobalSecondaryIndexes": [index],
    })
    assert status == 200, body


def in_table(operation, members, table):
    """The call, of this table."""
    if operation != "TransactWriteItems":
        return {"TableName": table, **members}
    name = lambda action: {kind: {"TableName": table, **of_it} for kind, of_it in action.items()}
    return {**members, "TransactItems": [name(action) for action in members["TransactItems"]]}


def play(url, table, calls, tables_exist):
    """What was answered otherwise than expected, as a text; empty if nothing was."""
    if not tables_exist:
        create(url, table)
    for number, (operation, members, expected) in enumerate(calls, 1):
        members = in_table(operation, members, table)
        if "ClientRequestToken" in members:  # a token is one of the account, not of the table
            members["ClientRequestToken"] += table
        answer = said(operation, call(url, operation, members))
        if answer != expected:
            return f"call {number}, {operation}: {str(answer)[:200]} in place of {str(expected)[:200]}"
    return ""


def race(url, table, tables_exist):
    """Sixteen at once want each of ten interfaces: one gets each, and its request is the one that is kept with it."""
    if not tables_exist:
        create(url, table)

    def attempt(interface, who):
        lease = new(f"vif#{interface}", holder={"S": f"req#{interface}-{who}"})
        _, members, _ = transact("", new(f"req#{interface}-{who}"), lease)
        return said("TransactWriteItems", call(url, "TransactWriteItems", in_table("TransactWriteItems", members, table)))

    with concurrent.futures.ThreadPoolExecutor(16) as pool:
        tasks = {(i, who): pool.submit(attempt, i, who) for i in range(10) for who in range(16)}
        answers = {task: future.result() for task, future in tasks.items()}
    lost = {"TransactionCanceledException None ConditionalCheckFailed", "TransactionCanceledException None TransactionConflict"}
    for i in range(10):
        won = [who for who in range(16) if answers[i, who] == "done"]
        other = {answers[i, who] for who in range(16)} - lost - {"done"}
        kept = [who for who in range(16) if call(url, "GetItem", {"TableName": table, **key(f"req#{i}-{who}")})[1].get("Item")]
        _, lease = call(url, "GetItem", {"TableName": table, **key(f"vif#{i}")})
        if len(won) != 1 or kept != won or other or lease["Item"]["holder"] != {"S": f"req#{i}-{won[0]}"}:
            return f"interface {i}: won by {won}, kept {kept}, otherwise {other}"
    return ""


def main(ours, theirs):
    wrong = []
    cases = [case for group in (conditions, updates, items, transactions, queries) for case in group()]
    assert len({name for name, _ in cases}) == len(cases), "two cases of one name"
    stray = [known for known in DIFFERENCES if known[1] not in dict(cases)]
    wrong += [f"{known} is the name of no case" for known in stray]
    for emulator, url, tables_exist in [("dx-sim", ours, True), ("ministack", theirs, False)]:
        right = 0
        for number, (name, calls) in enumerate(cases):
            found = play(url, f"case-{number}", calls, tables_exist)
            known = DIFFERENCES.get((emulator, name), "")
            right += not found
            if bool(found) != bool(known):
                wrong.append(f"{emulator}: {name}: {found or 'no longer ' + known}")
        lost = race(url, "race", tables_exist)
        wrong += [f"{emulator}: race: {lost}"] if lost else []
        print(f"  {emulator}: {right} of {len(cases)} cases as AWS documents them; the race {'fails' if lost else 'has one winner'}")
    if wrong:
        sys.exit("\n".join(wrong))


if __name__ == "__main__":
    main(*sys.argv[1:])
