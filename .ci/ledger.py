"""The same calls of DynamoDB to the simulator and to an emulator that is not ours: the same answers, the same items.

What is compared is what the ledger rests on. Where the two differ in words alone, nobody looks."""

import sys

import boto3
from botocore.exceptions import ClientError

NOBODY = {"aws_access_key_id": "AKIDEXAMPLE", "aws_secret_access_key": "nobody", "region_name": "us-east-1"}
OURS, FOREIGN = (boto3.client("dynamodb", endpoint_url=url, **NOBODY) for url in sys.argv[1:3])
TABLE = "compared"
FOREIGN.create_table(
    TableName=TABLE,
    BillingMode="PAY_PER_REQUEST",
    KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
    AttributeDefinitions=[
        {"AttributeName": name, "AttributeType": kind} for name, kind in (("id", "S"), ("unfinished", "S"), ("due", "N"))
    ],
    GlobalSecondaryIndexes=[
        {
            "IndexName": "unfinished",
            "KeySchema": [
                {"AttributeName": "unfinished", "KeyType": "HASH"},
                {"AttributeName": "due", "KeyType": "RANGE"},
            ],
            "Projection": {"ProjectionType": "KEYS_ONLY"},
        }
    ],
)
BEFORE = {"id": {"S": "a"}, "token": {"S": "one"}, "due": {"N": "7"}, "unfinished": {"S": "yes"}, "emitted": {"BOOL": False}}
NAMES = {"#token": "token"}


def put(item, condition=None, values=None, names=None):
    call = {"TableName": TABLE, "Item": item}
    if condition:
        call["ConditionExpression"] = condition
    if values:
        call["ExpressionAttributeValues"] = values
    if names:
        call["ExpressionAttributeNames"] = names
    return call


def update(expression, condition, values, names=None):
    call = {"TableName": TABLE, "Key": {"id": {"S": "a"}}, "UpdateExpression": expression}
    call |= {"ConditionExpression": condition, "ExpressionAttributeValues": values}
    return call | ({"ExpressionAttributeNames": names} if names else {})


def text(value):
    return {"S": value}


AFTER = {"id": text("a"), "token": text("two")}
# Of each case its own: nothing is ever deleted.
NEW = {"id": text("NEW"), "token": text("one")}
ABSENT = "attribute_not_exists(id)"
SEEN = "#token = :seen"
ONE, TWO = {":seen": text("one")}, {":seen": text("two")}
CASES = {
    "an absent item": ("put_item", put(NEW, ABSENT)),
    "an item that is there": ("put_item", put(AFTER, ABSENT)),
    "the token that was seen": ("put_item", put(AFTER, SEEN, ONE, NAMES)),
    "another token": ("put_item", put(AFTER, SEEN, TWO, NAMES)),
    "a token of no item": ("put_item", put(NEW, SEEN, ONE, NAMES)),
    "either": ("put_item", put(AFTER, f"{ABSENT} OR {SEEN}", ONE, NAMES)),
    "both": ("put_item", put(AFTER, f"attribute_exists(due) AND {SEEN}", ONE, NAMES)),
    "not": ("put_item", put(AFTER, f"NOT {SEEN}", ONE, NAMES)),
    "numbers by value": ("put_item", put(AFTER, "due < :n", {":n": {"N": "10"}})),
    "numbers between": ("put_item", put(AFTER, "due BETWEEN :n AND :m", {":n": {"N": "7"}, ":m": {"N": "8"}})),
    "a number and a text": ("put_item", put(AFTER, "due < :n", {":n": text("9")})),
    "other than": ("put_item", put(AFTER, "nothing <> :n", {":n": text("9")})),
    "a reserved word": ("put_item", put(AFTER, "token = :seen", ONE)),
    "an undefined name": ("put_item", put(AFTER, "#other = :seen", ONE, NAMES)),
    "an undefined value": ("put_item", put(AFTER, SEEN, None, NAMES)),
    "an unused value": ("put_item", put(AFTER, ABSENT, ONE)),
    "no expression": ("put_item", put(AFTER, "due ==", None)),
    "no key": ("put_item", put({"token": text("x")})),
    "an empty key": ("put_item", put({"id": text("")})),
    "emitted": (
        "update_item",
        update("SET emitted = :true, #token = :new REMOVE unfinished, due", SEEN, {":true": {"BOOL": True}, ":new": text("two")} | ONE, NAMES),
    ),
    "emitted, and overtaken": (
        "update_item",
        update("SET emitted = :true, #token = :new REMOVE unfinished, due", SEEN, {":true": {"BOOL": True}, ":new": text("three")} | TWO, NAMES),
    ),
    "a sum": ("update_item", update("SET due = due + :n", "attribute_exists(id)", {":n": {"N": "3"}})),
    "a key that is set": ("update_item", update("SET id = :n", "attribute_exists(id)", {":n": text("z")})),
    "a transaction": (
        "transact_write_items",
        {"TransactItems": [{"Put": put(AFTER, SEEN, ONE, NAMES)}, {"Put": put(NEW, ABSENT)}]},
    ),
    "half a transaction": (
        "transact_write_items",
        {"TransactItems": [{"Put": put(NEW, ABSENT)}, {"Put": put(AFTER, SEEN, TWO, NAMES)}]},
    ),
    "twice the same item": ("transact_write_items", {"TransactItems": [{"Put": put(NEW)}, {"Put": put(NEW)}]}),
    "what is due": (
        "query",
        {
            "TableName": TABLE,
            "IndexName": "unfinished",
            "KeyConditionExpression": "unfinished = :yes AND due <= :now",
            "ExpressionAttributeValues": {":yes": text("yes"), ":now": {"N": "7"}},
        },
    ),
    "what is not due yet": (
        "query",
        {
            "TableName": TABLE,
            "IndexName": "unfinished",
            "KeyConditionExpression": "unfinished = :yes AND due <= :now",
            "ExpressionAttributeValues": {":yes": text("yes"), ":now": {"N": "6"}},
        },
    ),
}


def told(client, operation, call):
    """The code of the answer, the reasons of a transaction, or the items of a query."""
    try:
        answer = getattr(client, operation)(**call)
    except ClientError as error:
        reasons = [reason["Code"] for reason in error.response.get("CancellationReasons", [])]
        return error.response["Error"]["Code"], reasons
    return "done", sorted(item["id"]["S"] for item in answer.get("Items", []))


def items(client, new):
    read = (client.get_item(TableName=TABLE, Key={"id": text(id)}, ConsistentRead=True) for id in ("a", new))
    return [answer.get("Item") for answer in read]


def fresh(value, new):
    """The call with the id of this case for the item that is not there yet."""
    if isinstance(value, dict):
        return {key: fresh(inner, new) for key, inner in value.items()}
    if isinstance(value, list):
        return [fresh(inner, new) for inner in value]
    return new if value == "NEW" else value


for number, (what, (operation, call)) in enumerate(CASES.items()):
    sides, new = [], f"new-{number}"
    for client in (OURS, FOREIGN):
        client.put_item(TableName=TABLE, Item=BEFORE)
        sides.append((told(client, operation, fresh(call, new)), items(client, new)))
    assert sides[0] == sides[1], f"{what}: ours {sides[0]}, the emulator {sides[1]}"
print(f"  {len(CASES)} calls get the same answer from both")

# A token makes a transaction one, however often it is sent.
for client in (OURS, FOREIGN):
    client.put_item(TableName=TABLE, Item=BEFORE)
    once = {"TransactItems": [{"Put": put(AFTER, SEEN, ONE, NAMES)}], "ClientRequestToken": "a-token-of-ours"}
    assert [told(client, "transact_write_items", once)[0] for _ in range(2)] == ["done", "done"]
    other = once | {"TransactItems": [{"Put": put(BEFORE)}]}
    assert told(client, "transact_write_items", other)[0] == "IdempotentParameterMismatchException"
print("  a transaction with a token is carried out once by both")
