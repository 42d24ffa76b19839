"""Clients that call until nobody takes connections any more."""

import http.client
import threading
import time


class Caller:
    """Calls in turn, and notes what became of each request; `connection` makes one that is not open yet."""

    def __init__(self, connection, path, body, keeps):
        self.connection, self.path, self.body, self.keeps = connection, path, body, keeps
        # Of each answer when it came, its status and what it said of the connection.
        self.answers, self.lost = [], []
        self.thread = threading.Thread(target=self.run)
        self.thread.start()

    def run(self):
        while True:
            client = self.connection()
            try:
                client.connect()
            except OSError:
                return
            self.use(client)
            client.close()

    def use(self, client):
        while True:
            try:
                client.request("POST", self.path, self.body, {"Content-Type": "application/json"})
                response = client.getresponse()
                response.read()
            except (OSError, http.client.HTTPException) as error:
                return self.lost.append(repr(error))
            self.answers.append((time.monotonic(), response.status, response.headers["Connection"]))
            if not self.keeps or response.headers["Connection"] == "close":
                return
