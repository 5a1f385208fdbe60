#!/usr/bin/env python3
"""Requests of two users, in turns, over four connections that each of them uses: who was it, does the server say?

By Python's own HTTP client. `ADDRESS COUNT [listjails]`: with the last word the answers are lists of jails, and what is looked
at is that each is one.
"""
import base64, http.client, json, ssl, sys, threading

address, count = sys.argv[1], int(sys.argv[2])
lists = len(sys.argv) > 3
context = ssl.create_default_context()
context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
users = ["alice", "bob"]
logins = {user: "Basic " + base64.b64encode(f"{user}:{user}-secret".encode()).decode() for user in users}
right, wrong = [], []


def work(share):
    connection = http.client.HTTPSConnection(address, context=context, timeout=60)
    for number in range(share):
        user = users[number % 2]
        path = "/sysadm/iocage" if lists else "/rpc/whoami"
        body = json.dumps({"action": "listjails"} if lists else {})
        connection.request("PUT", path, body, {"Authorization": logins[user], "Content-Type": "application/json"})
        answer = connection.getresponse()
        text = answer.read()
        try:
            args = json.loads(text)["args"]
            is_right = "db" in args["listjails"] if lists else args["name"] == user
        except (ValueError, KeyError, TypeError):
            is_right = False
        (right if answer.status == 200 and is_right else wrong).append(text)


threads = [threading.Thread(target=work, args=(count // 4,)) for _ in range(4)]
for thread in threads:
    thread.start()
for thread in threads:
    thread.join()
for text in wrong[:5]:
    print(text.decode(errors="replace"), file=sys.stderr)
print(f"{len(right)} right, {len(wrong)} wrong")
sys.exit(0 if len(right) == count else 1)
