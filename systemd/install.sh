#!/bin/sh
# Installs the monitor as a system service, or the version of this checkout in place of the one before; `make install` calls it.
#
#   $PREFIX/releases/…    one directory for each version: its Python packages, from the lock file, by their hashes
#   $PREFIX/current       a link to the version that runs; it is turned when the new one is whole
#   /etc/monitor287g      config.yaml, never overwritten
#   /usr/local/bin        the command
# The newest two versions are kept. DESTDIR puts all of it elsewhere, for packages.
set -eu
umask 022
cd "$(dirname "$0")/.."
action=${1:?install or uninstall}
python=${2:-.venv/bin/python}
destdir=${DESTDIR:-}
prefix=${PREFIX:-/opt/monitor287g}
root=$destdir$prefix
etc=$destdir/etc/monitor287g
command=$destdir/usr/local/bin/monitor287g
units=$destdir/etc/systemd/system
users=$destdir/etc/sysusers.d/monitor287g.conf

# Only where this machine itself is installed on, and systemd runs it.
live() { [ -z "$destdir" ] && [ -d /run/systemd/system ]; }

case $action in
install)
    release=$root/releases/$(date -u +%Y%m%dT%H%M%SZ)
    trap 'rm -rf "$release"' EXIT  # until it is whole
    mkdir -p "$root/releases" "$(dirname "$command")" "$units" "$(dirname "$users")"
    "$python" -m venv --without-pip "$release"
    pip="$python -m pip --disable-pip-version-check --quiet"
    $pip --python "$release/bin/python" install --no-deps --require-hashes -r requirements.lock
    wheels=$(mktemp -d)
    $pip wheel --no-deps --no-build-isolation --wheel-dir "$wheels" .
    $pip --python "$release/bin/python" install --no-deps "$wheels"/*.whl
    rm -r "$wheels"
    version=$(cd / && "$release/bin/python" -I -m monitor --version)
    before=$(readlink "$root/current" || true)
    ln -sfn "releases/$(basename "$release")" "$root/current.new"
    mv -T "$root/current.new" "$root/current"
    trap - EXIT

    printf 'u monitor287g - "Monitor of 287(g) agreements" /var/lib/monitor287g\n' > "$users"
    if [ -z "$destdir" ] && ! getent passwd monitor287g > /dev/null; then systemd-sysusers "$users"; fi
    [ -d "$etc" ] || install -d -m 750 "$etc"
    if [ ! -e "$etc/config.yaml" ]; then install -m 640 config.yaml "$etc/config.yaml"; fi
    if [ -z "$destdir" ]; then
        chgrp monitor287g "$etc" "$etc/config.yaml"
        [ -d /var/lib/monitor287g ] || install -d -o monitor287g -g monitor287g -m 750 /var/lib/monitor287g
    fi
    for unit in systemd/monitor287g.service systemd/monitor287g-check.service systemd/monitor287g-check.timer; do
        sed "s|/opt/monitor287g|$prefix|g" "$unit" > "$units/$(basename "$unit")"
    done
    sed "s|/opt/monitor287g|$prefix|g" systemd/monitor287g.sh > "$command"
    chmod 755 "$command"
    # The newest two, and the one that ran until now, which somebody may have gone back to.
    ls -1d "$root"/releases/* | head -n -2 | while read -r old; do
        [ "releases/$(basename "$old")" = "$before" ] || rm -rf "$old"
    done

    echo "installed $version in $root"
    if live; then
        systemctl daemon-reload
        if systemctl is-active --quiet monitor287g; then
            systemctl restart monitor287g
            echo "the service runs it now; to go back: ln -sfn releases/OLDER $prefix/current && systemctl restart monitor287g"
        else
            echo "edit $etc/config.yaml, then: monitor287g doctor && systemctl enable --now monitor287g"
        fi
    fi
    ;;
uninstall)
    if live; then
        for unit in monitor287g.service monitor287g-check.timer; do systemctl disable --now --quiet "$unit" || true; done
    fi
    # Nothing but what was installed: a PREFIX may hold more.
    rm -rf "$root/releases" "$root/current" "$root/current.new" "$destdir/var/cache/monitor287g"
    rmdir "$root" 2> /dev/null || true
    rm -f "$command" "$users" "$units/monitor287g.service" "$units/monitor287g-check.service" "$units/monitor287g-check.timer"
    if live; then systemctl daemon-reload; fi
    echo "removed; the configuration ($etc) and the data ($destdir/var/lib/monitor287g) stay, with the user monitor287g"
    ;;
*)
    echo "expected install or uninstall, not $action" >&2
    exit 2
    ;;
esac
