"""docker-py against the engine under DOCKER_HOST: the verbs of the first issue, each checked by what comes back."""
import docker

client = docker.from_env()
assert client.ping() is True
assert client.version()["ApiVersion"] == "1.51"
assert client.containers.run("alpine", ["echo", "hi"], remove=True) == b"hi\n"

try:
    client.containers.run("alpine", ["sh", "-c", "echo bad >&2; exit 3"], remove=True)
    raise AssertionError("a failing container must raise")
except docker.errors.ContainerError as error:
    assert error.exit_status == 3 and error.stderr == b"bad\n", error

box = client.containers.run("alpine", ["sh", "-c", "for i in 1 2 3; do echo $i; done; sleep 100"], detach=True)
lines = []
for line in box.logs(stream=True, follow=True):
    lines.append(line)
    if b"".join(lines).count(b"\n") == 3:
        break
assert b"".join(lines) == b"1\n2\n3\n", lines
box.reload()
assert box.status == "running", box.status

code, output = box.exec_run(["sh", "-c", "echo out; echo err >&2; exit 4"])
assert code == 4 and sorted(output.split()) == [b"err", b"out"], (code, output)
code, (out, err) = box.exec_run(["sh", "-c", "echo out; echo err >&2"], demux=True)
assert (out, err) == (b"out\n", b"err\n"), (out, err)
code, stream = box.exec_run(["seq", "3"], stream=True)
assert b"".join(stream) == b"1\n2\n3\n"
code, output = box.exec_run("pwd", workdir="/tmp", user="nobody", environment={"A": "b"})
assert output == b"/tmp\n", output

box.kill()
assert box.wait()["StatusCode"] == 137
box.remove()

echo = client.containers.create("alpine", ["sh", "-c", "echo attached"], stdin_open=True)
socket = echo.attach(stream=True, stdout=True, stderr=True, logs=True)
echo.start()
assert b"".join(socket) == b"attached\n"
assert echo.wait()["StatusCode"] == 0
assert [c.id for c in client.containers.list(all=True, filters={"id": echo.id})] == [echo.id]
echo.remove()
try:
    client.containers.get(echo.id)
    raise AssertionError("a removed container must be gone")
except docker.errors.NotFound:
    pass
assert any("alpine:latest" in image.tags for image in client.images.list())
import io

steps = b"FROM alpine\nRUN echo built >/b\nLABEL k=v\n"
image, lines = client.images.build(fileobj=io.BytesIO(steps), tag="k-py", rm=True)
assert image.labels["k"] == "v", image.labels
assert any("Step 1/3 : FROM alpine" in line.get("stream", "") for line in lines)
assert client.containers.run("k-py", ["cat", "/b"], remove=True) == b"built\n"
try:
    client.images.build(fileobj=io.BytesIO(b"FROM alpine\nRUN exit 5\n"), rm=True, forcerm=True)
    raise AssertionError("a failed build must raise")
except docker.errors.BuildError as error:
    assert "returned a non-zero code: 5" in error.msg, error.msg
print("all passed")
