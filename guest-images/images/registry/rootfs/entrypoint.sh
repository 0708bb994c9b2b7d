#!/bin/sh
# A configuration file as the only argument means: serve it. Anything else is a command.
set -e
case "$1" in
*.yaml | *.yml) set -- registry serve "$@" ;;
serve | garbage-collect | help | -*) set -- registry "$@" ;;
esac
exec "$@"
