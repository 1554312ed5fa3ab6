"""The daemon among faults: a site, a mail server and a Slack that fail, kills at any moment, a clock that jumps. See `make chaos`."""
