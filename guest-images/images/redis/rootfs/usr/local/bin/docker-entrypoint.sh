#!/bin/sh
# Becomes the server. A first word that is an option or a configuration file is meant for it; root becomes redis.
set -e

case $1 in
-* | *.conf) set -- redis-server "$@" ;;
esac

if [ "$1" = redis-server ] && [ "$(id -u)" = 0 ]; then
	find . ! -user redis -exec chown redis {} +
	exec gosu redis "$0" "$@"
fi

# What the server writes is for its user alone, unless somebody has decided otherwise.
if [ "$(umask)" = 0022 ]; then
	umask 0077
fi
exec "$@"
