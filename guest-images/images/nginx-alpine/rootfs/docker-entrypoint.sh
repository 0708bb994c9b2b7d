#!/bin/sh
# Runs what lies in /docker-entrypoint.d, then becomes the server.
set -e

for script in /docker-entrypoint.d/*.sh; do
	[ -x "$script" ] || continue
	echo "$0: Launching $script"
	"$script"
done
exec "$@"
