"""How the monitor does, for machines that watch it: /healthz, /metrics, a dead man's switch; and for people: `doctor`."""
