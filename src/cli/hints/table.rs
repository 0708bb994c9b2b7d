//! Words of the errors that beginners meet, and the advice for each. The first entry whose words all occur is the one.

/// Words that must all occur in the error, and one line of advice.
const ADVICE: &[(&[&str], &str)] = &[
    // The engine itself.
    (
        &["permission denied while trying to connect to the Docker daemon"],
        "that socket belongs to another user; `schooner` needs no rights when it uses its own engine (leave out `--host`).",
    ),
    (
        &["Cannot connect to the Docker daemon"],
        "no engine listens there; `schooner engine start` starts your own, and so does any command without `--host`.",
    ),
    // Starting a program.
    (
        &["exec: \"-", "executable file not found in $PATH"],
        "options of `run` stand before the image; what follows the image is the command.",
    ),
    (
        &["bash\": executable file not found in $PATH"],
        "this image has no bash; try `sh`.",
    ),
    (
        &["bash: no such file or directory"],
        "this image has no bash; try `sh`.",
    ),
    (
        &["executable file not found in $PATH"],
        "the image has no such program; `run IMAGE ls /bin /usr/bin` shows what it has.",
    ),
    (
        &["is a directory: permission denied"],
        "that is a folder; the command behind the image must be a program.",
    ),
    (
        &["exec: \"", "permission denied"],
        "the file may not be executed; `chmod +x` it, or `COPY --chmod=755` in the Dockerfile.",
    ),
    (
        &["exec format error: unknown import"],
        "the program is WebAssembly, but asks for something that this engine does not offer; `image check IMAGE` lists it.",
    ),
    (
        &["exec format error"],
        "this engine runs WebAssembly programs; this file is something else (or a script without a `#!` line).",
    ),
    (
        &["exec /", "no such file or directory"],
        "the interpreter of the `#!` line is not there; a script saved with Windows line ends asks for `sh\\r`.",
    ),
    // Names and states of containers.
    (
        &["is already in use by container"],
        "remove the old container with `rm NAME`, or let `run --rm` remove it when it ends.",
    ),
    (
        &["container is running: stop the container before removing"],
        "`stop NAME` first, or `rm -f NAME` to do both.",
    ),
    (
        &["cannot attach to a stopped container"],
        "`start -a NAME` starts and attaches in one step.",
    ),
    (
        &["container ", " is not running"],
        "`ps -a` shows why it ended and `logs NAME` what it wrote; `start NAME` starts it again.",
    ),
    (
        &["No such container"],
        "`ps -a` lists every container, stopped ones too.",
    ),
    (
        &["is paused, unpause the container"],
        "`unpause NAME` lets it go on.",
    ),
    (
        &["the input device is not a TTY"],
        "leave out `-t` where no terminal is connected, as in scripts and pipes.",
    ),
    (
        &["can't create 'AutoRemove' container with restart policy"],
        "`--rm` removes the container at its end, so it cannot come back; choose one of the two.",
    ),
    (
        &["failed to initialize logging driver"],
        "nothing answers where the logs are to go; without `--log-driver` they stay here, for `logs NAME`.",
    ),
    (
        &["configured logging driver does not support reading"],
        "the output of this container was sent elsewhere or dropped; run it without `--log-driver` to read it with `logs`.",
    ),
    // Images.
    (
        &["must be lowercase"],
        "names of images are written in small letters.",
    ),
    (
        &["pull access denied"],
        "no such image, or a private one: look at the spelling, or `login` first.",
    ),
    (
        &["manifest unknown"],
        "the image exists and this tag of it does not; look at its tags in the registry.",
    ),
    (
        &["toomanyrequests"],
        "the registry counts pulls; `login` raises the limit, and images that are here already cost nothing.",
    ),
    (
        &["No such image"],
        "`images` lists what is here; `pull NAME` fetches one.",
    ),
    (
        &["is using its referenced image"],
        "a container was made from it: `rm` that container first, or `rmi -f` to take the name away.",
    ),
    (
        &["image is being used by"],
        "a container was made from it: `rm` that container first, or `rmi -f` to take the name away.",
    ),
    // Ports, volumes, networks.
    (
        &["port is already allocated"],
        "`ps` shows which container has the port; stop it, or publish another: `-p 8081:80`.",
    ),
    (
        &["address already in use"],
        "another program of this machine has the port; publish another: `-p 8081:80`.",
    ),
    (
        &["includes invalid characters for a local volume name"],
        "a folder is written as `./NAME` or from the root; a bare name is a volume.",
    ),
    (
        &["bind source path does not exist"],
        "`--mount` wants the folder to be there; make it first (`-v` makes it by itself).",
    ),
    (
        &["Are you trying to mount a directory onto a file"],
        "a file can be mounted over a file only, and a folder over a folder.",
    ),
    (
        &["volume is in use"],
        "`ps -a --filter volume=NAME` shows the containers that have it; remove them first.",
    ),
    (
        &["has active endpoints"],
        "stop or disconnect its containers first: `network inspect NAME` lists them.",
    ),
    (
        &["no space left on device"],
        "`system df` shows what takes the room; `container prune` and `image prune` give some back.",
    ),
    // Building.
    (
        &["build' requires 1 argument"],
        "the folder to build from is missing; often it is the dot: `build -t NAME .`",
    ),
    (
        &["unable to evaluate symlinks in Dockerfile path"],
        "there is no file `Dockerfile` in that folder; `-f` names another one.",
    ),
    (
        &["failed to read dockerfile"],
        "there is no file `Dockerfile` in that folder; `-f` names another one.",
    ),
    (
        &["forbidden path outside the build context"],
        "COPY sees the folder that was given to `build` and nothing above it.",
    ),
    (
        &["file not found in build context"],
        "paths of COPY begin in the folder that was given to `build`; look at `.dockerignore` too.",
    ),
    (
        &["unknown instruction"],
        "each line of a Dockerfile begins with an instruction such as FROM, RUN or COPY.",
    ),
    (
        &["returned a non-zero code"],
        "run the command by hand in the last good step: `run -it IMAGE sh`.",
    ),
    // What was typed.
    (
        &["map has no entry for key"],
        "names of fields begin with capitals; `inspect NAME` without `-f` shows them all.",
    ),
    (
        &["can't evaluate field"],
        "names of fields begin with capitals; `--format json` shows them all.",
    ),
    (
        &["requires at least 1 argument", "run'"],
        "an image is missing: `run -it --rm alpine` is a good first one.",
    ),
    (
        &["unknown shorthand flag"],
        "`--help` lists the options; several short ones may share a dash, as in `-it`.",
    ),
    (&["unknown command"], "`--help` lists the commands."),
    // The last one, because its words occur in others.
    (
        &["invalid reference format"],
        "an image is `NAME[:TAG]`; a path with spaces needs quotes: -v \"$(pwd)\":/src",
    ),
];

/// The advice for an error.
pub fn advice(message: &str) -> Option<&'static str> {
    ADVICE
        .iter()
        .find(|(words, _)| words.iter().all(|w| message.contains(w)))
        .map(|(_, advice)| *advice)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Lines of the real engine and its client, and a word of the advice that each must get.
    const LINES: &[(&str, &str)] = &[
        (
            "permission denied while trying to connect to the Docker daemon socket at unix:///var/run/docker.sock: Get \"http://%2Fvar%2Frun%2Fdocker.sock/v1.51/containers/json\": dial unix /var/run/docker.sock: connect: permission denied",
            "its own engine",
        ),
        (
            "Cannot connect to the Docker daemon at unix:///nosuch.sock. Is the docker daemon running?",
            "engine start",
        ),
        (
            "Error response from daemon: failed to set up container networking: driver failed programming external connectivity on endpoint web (1d2f): Bind for 0.0.0.0:8080 failed: port is already allocated",
            "`ps` shows",
        ),
        (
            "Error response from daemon: failed to bind host port for 0.0.0.0:80:172.17.0.2:80/tcp: address already in use",
            "another program",
        ),
        (
            "Error response from daemon: Conflict. The container name \"/web\" is already in use by container \"e7b0\". You have to remove (or rename) that container to be able to reuse that name.",
            "run --rm",
        ),
        (
            "Error response from daemon: failed to create task for container: failed to create shim task: OCI runtime create failed: runc create failed: unable to start container process: error during container init: exec: \"nosuchcmd\": executable file not found in $PATH",
            "no such program",
        ),
        (
            "runc create failed: unable to start container process: error during container init: exec: \"-p\": executable file not found in $PATH",
            "before the image",
        ),
        (
            "error during container init: exec: \"bash\": executable file not found in $PATH",
            "try `sh`",
        ),
        (
            "error during container init: exec: \"/bin/bash\": stat /bin/bash: no such file or directory",
            "try `sh`",
        ),
        (
            "error during container init: exec: \"/run.sh\": permission denied",
            "chmod +x",
        ),
        (
            "exec /run.sh: no such file or directory",
            "Windows line ends",
        ),
        ("exec /run.bin: exec format error", "WebAssembly"),
        (
            "Error response from daemon: pull access denied for x, repository does not exist or may require 'docker login'",
            "login",
        ),
        (
            "Error response from daemon: manifest for localhost:5000/bb:nosuch not found: manifest unknown: manifest unknown",
            "this tag",
        ),
        (
            "Error response from daemon: toomanyrequests: You have reached your unauthenticated pull rate limit.",
            "counts pulls",
        ),
        (
            "invalid reference format: repository name (library/Busybox) must be lowercase",
            "small letters",
        ),
        ("invalid reference format", "quotes"),
        (
            "Error response from daemon: create ctx/a: \"ctx/a\" includes invalid characters for a local volume name, only \"[a-zA-Z0-9][a-zA-Z0-9_.-]\" are allowed. If you intended to pass a host directory, use absolute path",
            "./NAME",
        ),
        (
            "Error response from daemon: invalid mount config for type \"bind\": bind source path does not exist: /nosuch",
            "make it first",
        ),
        (
            "error mounting \"/a\" to rootfs at \"/etc\": not a directory: Are you trying to mount a directory onto a file (or vice-versa)? Check if the specified host path exists and is the expected type",
            "over a file only",
        ),
        ("docker: 'docker build' requires 1 argument", "the dot"),
        (
            "unable to prepare context: unable to evaluate symlinks in Dockerfile path: lstat /x/Dockerfile: no such file or directory",
            "no file `Dockerfile`",
        ),
        (
            "failed to read dockerfile: open Dockerfile: no such file or directory",
            "no file `Dockerfile`",
        ),
        (
            "COPY failed: file not found in build context or excluded by .dockerignore: stat missing.txt: file does not exist",
            ".dockerignore",
        ),
        (
            "COPY failed: forbidden path outside the build context: ../secret ()",
            "nothing above",
        ),
        (
            "dockerfile parse error on line 2: unknown instruction: RUNN (did you mean RUN?)",
            "instruction such as",
        ),
        (
            "The command '/bin/sh -c exit 4' returned a non-zero code: 4",
            "by hand",
        ),
        (
            "Error response from daemon: cannot remove container \"kk\": container is running: stop the container before removing or force remove",
            "rm -f",
        ),
        (
            "Error response from daemon: conflict: unable to remove repository reference \"busybox\" (must force) - container e7b0 is using its referenced image 4438",
            "rmi -f",
        ),
        (
            "Error response from daemon: remove data: volume is in use - [5fe1]",
            "--filter volume",
        ),
        (
            "Error response from daemon: error while removing network: network mynet has active endpoints (name:\"n1\" id:\"334a688cdf28\")",
            "disconnect",
        ),
        (
            "Error response from daemon: container 3127 is not running",
            "start NAME",
        ),
        ("the input device is not a TTY", "leave out `-t`"),
        ("write /data/x: no space left on device", "prune"),
        (
            "template parsing error: template: :1:2: executing \"\" at <.Foo>: map has no entry for key \"Foo\"",
            "capitals",
        ),
        (
            "Error response from daemon: No such container: nosuch",
            "ps -a",
        ),
        (
            "You cannot attach to a stopped container, start it first",
            "start -a",
        ),
        (
            "Error response from daemon: failed to create task for container: failed to initialize logging driver: Unix syslog delivery error",
            "--log-driver",
        ),
        (
            "docker: 'docker run' requires at least 1 argument",
            "an image is missing",
        ),
        (
            "docker: unknown command: docker nosuchcmd",
            "lists the commands",
        ),
    ];

    #[test]
    fn each_line_gets_its_advice() {
        for (line, part) in LINES {
            let found = advice(line).unwrap_or_default();
            assert!(found.contains(part), "{line}\n  got: {found}");
        }
    }

    #[test]
    fn what_is_no_beginners_error_gets_none() {
        for line in ["", "Error response from daemon: unexpected EOF"] {
            assert_eq!(advice(line), None);
        }
    }
}
