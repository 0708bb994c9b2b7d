# Read by interactive shells.
if [ -n "${PS1-}" ]; then
  PS1='\u@\h:\w\$ '
fi
