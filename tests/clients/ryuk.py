"""testcontainers-python as it is, with ryuk on, against the engine under DOCKER_HOST.

`use` starts what a test run starts, checks it, and ends without tidying up, as a killed run does; its last line names its session.
"""
import os
import urllib.request

import docker
from testcontainers.core.container import DockerContainer
from testcontainers.core.labels import SESSION_ID
from testcontainers.core.network import Network
from testcontainers.core.waiting_utils import wait_for_logs

network = Network().create()
web = DockerContainer("nginx:alpine").with_exposed_ports(80).with_network(network).with_network_aliases("web").start()
wait_for_logs(web, "ready for connections", timeout=60)
with urllib.request.urlopen(f"http://{web.get_container_host_ip()}:{web.get_exposed_port(80)}/") as page:
    assert b"Welcome to nginx!" in page.read()

with DockerContainer("alpine").with_command("sleep 1000").with_network(network).with_env("GREETING", "hello") as box:
    code, output = box.exec(["sh", "-c", "echo $GREETING; wget -qO- http://web/ | grep -c Welcome"])
    assert (code, output) == (0, b"hello\n2\n"), (code, output)
    out, err = box.get_logs()
    assert (out, err) == (b"", b"")
gone = docker.from_env().containers.list(all=True, filters={"ancestor": "alpine"})
assert gone == [], gone

ours = {"label": f"org.testcontainers.session-id={SESSION_ID}"}
client = docker.from_env()
client.volumes.create("left-behind", labels={"org.testcontainers.session-id": SESSION_ID})
assert len(client.containers.list(filters=ours)) == 1
ryuk = client.containers.get(f"testcontainers-ryuk-{SESSION_ID}")
assert ryuk.status == "running" and ryuk.attrs["Config"]["Image"] == "testcontainers/ryuk:0.8.1", ryuk.attrs
print(SESSION_ID, flush=True)
os._exit(0)
