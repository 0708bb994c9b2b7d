//! What each command changes in the engine.

const LOOKS: &str = "nothing; it only looks.";

/// One sentence, by the command's first spelling; empty for one that is not known here.
pub fn of(path: &str) -> &'static str {
    match path {
        "container attach" => {
            "nothing by itself; what you type goes to the program, and your signals too."
        }
        "container commit" => {
            "a new image is made of the container's files and settings; the container stays."
        }
        "container cp" => "files are copied into the container or out of it; the originals stay.",
        "container create" => {
            "a new container is there, not yet started; the image is pulled first if it is missing."
        }
        "container exec" => {
            "one more process runs in the container, and whatever it does to the files there stays."
        }
        "container export" => {
            "nothing in the engine; an archive of the container's files is written."
        }
        "container kill" => {
            "the container's first process gets a signal (KILL unless another is named) and usually ends."
        }
        "container pause" => {
            "every process of the container stands still until 'unpause'; memory stays taken."
        }
        "container unpause" => "the processes of a paused container go on.",
        "container prune" => "every container that is not running is removed, with its own files.",
        "container rename" => "the container has another name; its id stays.",
        "container restart" => {
            "the container is stopped as by 'stop' and started again; its files stay."
        }
        "container rm" => {
            "the container is gone, with its own files and its log; volumes with names stay."
        }
        "container run" => {
            "a new container is made and started; the image is pulled first if it is missing. Each 'run' makes another one."
        }
        "container start" => "the container runs again, with the files that it had.",
        "container stop" => {
            "the first process gets the stop signal, and KILL when the time is over; the container stays, stopped."
        }
        "container update" => "the container's limits or restart policy are other ones, at once.",
        "container wait" => {
            "nothing; it waits until the container has ended and prints the exit code."
        }
        "image build" => {
            "each step of the Dockerfile makes a layer or takes it from the cache; the result is a new image."
        }
        "image import" => "a new image of one layer is made from an archive.",
        "image load" => "the images of an archive are here, with their names.",
        "image prune" => {
            "images that have no name and no container are removed; with -a all that no container uses."
        }
        "image pull" => {
            "the image is fetched from its registry; layers that are here already are not fetched again."
        }
        "image push" => "the registry gets the layers that it lacks, and the name.",
        "image rm" => "the name is taken away; when it was the last one, the image is removed too.",
        "image save" => "nothing in the engine; an archive of the images is written.",
        "image tag" => "the image has one more name; nothing is copied.",
        "network connect" => "the container has an address in one more network, at once.",
        "network create" => "a new network is there; containers in it find each other by name.",
        "network disconnect" => "the container has no address in that network any more.",
        "network prune" => "networks that no container uses are removed.",
        "network rm" => "the network is gone; it must have no containers.",
        "volume create" => "a new, empty volume is there.",
        "volume prune" => {
            "volumes without a name that no container uses are removed, and what is in them; with -a those with names too."
        }
        "volume rm" => "the volume is gone and everything in it.",
        "builder prune" => "the cache of builds is emptied; images stay.",
        "system prune" => {
            "stopped containers, unused networks, images without a name and the build cache are removed."
        }
        "engine start" => "the engine runs.",
        "engine stop" => "every container is stopped and the engine leaves; nothing is removed.",
        "login" => {
            "the registry's answer to your name and password is kept for later pulls and pushes."
        }
        "logout" => "what was kept about the registry is forgotten.",
        "doctor" => "nothing that stays; it runs a few containers and removes them.",
        "container diff" | "container inspect" | "container logs" | "container ls"
        | "container port" | "container stats" | "container top" | "image check"
        | "image history" | "image inspect" | "image layers" | "image ls" | "network inspect"
        | "network ls" | "volume inspect" | "volume ls" | "inspect" | "system check"
        | "system df" | "system events" | "system info" | "version" | "search" | "licenses"
        | "explain" | "engine status" | "engine host" | "engine logs" => LOOKS,
        _ if path.starts_with("completion ") => LOOKS,
        _ => "",
    }
}
