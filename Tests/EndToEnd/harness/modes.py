"""Settings with which a gateway spares the broker, by what the tests call them."""

MODES = {
    "queue": {"rpc_route": "queue"},
    "unconfirmed": {"rpc_confirm_calls": "false"},
    "both": {"rpc_route": "queue", "rpc_confirm_calls": "false"},
}
