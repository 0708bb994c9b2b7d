"""docker-py's own integration tests against the engine under DOCKER_HOST, with the image alpine.

usage: docker_py_suite.py SOURCE SHARD SHARDS

SOURCE is an unpacked source distribution that has tests (7.0.0 is the last). The library under test is the installed
one, which is newer. Of all tests, those whose number leaves the remainder SHARD are run. Prints `began NAME` and then
`passed`, `failed` or `skipped NAME` for each, and what went wrong on standard error.
"""
import sys
import types

import docker  # before SOURCE is searched, which has an older one
import pytest

FILES = [
    "api_build", "api_client", "api_container", "api_exec", "api_healthcheck", "api_image", "api_network", "api_volume",
    "client", "errors", "models_containers", "models_images", "models_networks", "models_resources", "models_volumes",
    "regression",
]


def say(word, name):
    print(word, name, flush=True)


class Reporter:
    """Chooses the tests of this shard and tells how each ended."""

    def __init__(self, shard, shards):
        self.shard, self.shards = shard, shards

    @staticmethod
    def name(nodeid):
        return nodeid.rpartition("integration/")[2].replace("_test.py", "")

    def pytest_collection_modifyitems(self, items):
        items[:] = [item for n, item in enumerate(items) if n % self.shards == self.shard]

    def pytest_runtest_logstart(self, nodeid):
        say("began", self.name(nodeid))

    def pytest_runtest_logreport(self, report):
        if report.failed:
            print(f"== {self.name(report.nodeid)}\n{report.longreprtext}\n", file=sys.stderr, flush=True)
        # A failure while setting up or cleaning up counts; success counts once.
        if report.failed or report.when == "call":
            expected = hasattr(report, "wasxfail") and report.skipped
            say("passed" if expected else report.outcome, self.name(report.nodeid))
        elif report.skipped:
            say("skipped", self.name(report.nodeid))


def main(source, shard, shards):
    # Only connections over SSH need it, and none is made.
    paramiko = types.ModuleType("paramiko")
    paramiko.Channel = type("Channel", (), {})
    sys.modules.setdefault("paramiko", paramiko)
    sys.path.insert(0, source)
    import tests.integration.base as base
    base.TEST_IMG = "alpine"
    files = [f"{source}/tests/integration/{name}_test.py" for name in FILES]
    options = ["-p", "no:terminal", "-p", "no:cacheprovider", "-W", "ignore"]
    own_settings = ["-c", "/dev/null", "--rootdir", source]
    pytest.main(options + own_settings + files, plugins=[Reporter(int(shard), int(shards))])


main(*sys.argv[1:])
