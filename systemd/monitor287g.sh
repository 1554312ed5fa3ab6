#!/bin/sh
# The installed monitor with the service's configuration and data; root becomes the service's user, whose files they are.
export CACHE_DIRECTORY=/var/cache/monitor287g
set -- /opt/monitor287g/current/bin/python -I -m monitor --config /etc/monitor287g/config.yaml --state /var/lib/monitor287g "$@"
[ "$(id -u)" -ne 0 ] || exec setpriv --reuid=monitor287g --regid=monitor287g --init-groups -- "$@"
exec "$@"
