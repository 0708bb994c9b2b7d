//! What a log entry tells about its container: the tag, a Go template, and the labels and environment that were asked for.

use crate::base::id::short;
use crate::base::template::{Method, Mode, Record as Struct, Template, Value};
use crate::engine::record::Record;
use crate::engine::system::HOST;
use crate::wire::StringMap;
use std::rc::Rc;

/// The tag: `--log-opt tag`, or the driver's default, over what is known of the container.
pub fn tag(record: &Record, options: &StringMap, default: &str) -> Result<String, String> {
    let text = match options.get("tag").map_or("", String::as_str) {
        "" => default,
        text => text,
    };
    if text.is_empty() {
        return Ok(String::new());
    }
    Template::parse("log-tag", text)?.execute(&context(record, options), Mode::default())
}

/// The labels and environment that `labels`, `labels-regex`, `env` and `env-regex` name.
pub fn extra(record: &Record, options: &StringMap) -> Result<StringMap, String> {
    let mut found = StringMap::new();
    let labels = record.config.labels.iter().flatten();
    choose(
        options,
        ("labels", "labels-regex"),
        labels.map(|(k, v)| (k.as_str(), v.as_str())),
        &mut found,
    )?;
    let env = record.config.env.iter().flatten();
    choose(
        options,
        ("env", "env-regex"),
        env.filter_map(|e| e.split_once('=')),
        &mut found,
    )?;
    Ok(found)
}

fn choose<'a>(
    options: &StringMap,
    (list, pattern): (&str, &str),
    all: impl Iterator<Item = (&'a str, &'a str)>,
    found: &mut StringMap,
) -> Result<(), String> {
    let names: Vec<&str> = options
        .get(list)
        .map(|names| names.split(',').collect())
        .unwrap_or_default();
    let pattern = options
        .get(pattern)
        .filter(|text| !text.is_empty())
        .map(|text| regex(text))
        .transpose()?;
    for (key, value) in all {
        if names.contains(&key) || pattern.as_ref().is_some_and(|p| p.is_match(key)) {
            found.insert(key.to_owned(), value.to_owned());
        }
    }
    Ok(())
}

/// A pattern, or Go's complaint where the two libraries name the mistake alike.
fn regex(text: &str) -> Result<regex::Regex, String> {
    regex::Regex::new(text).map_err(|e| {
        let said = e.to_string();
        let why = if said.contains("unclosed group") {
            "missing closing )"
        } else if said.contains("unopened group") {
            "unexpected )"
        } else if said.contains("unclosed character class") {
            "missing closing ]"
        } else if said.contains("repetition operator missing expression") {
            "missing argument to repetition operator"
        } else {
            "invalid regexp"
        };
        format!("error parsing regexp: {why}: `{text}`")
    })
}

/// What a tag's template sees: Go's `logger.Info` and its methods.
fn context(record: &Record, options: &StringMap) -> Value {
    let map = |map: &StringMap| {
        let pairs = map.iter().map(|(k, v)| (k.clone(), Value::text(v)));
        Value::Map(Rc::new(pairs.collect()))
    };
    let texts = |list: &[String]| Value::list(list.iter().map(Value::text).collect());
    let created = record.created;
    let fields = vec![
        ("Config", map(options)),
        ("ContainerID", Value::text(&record.id)),
        ("ContainerName", format!("/{}", record.name).into()),
        ("ContainerEntrypoint", Value::text(&record.path)),
        ("ContainerArgs", texts(&record.args)),
        ("ContainerImageID", Value::text(&record.image)),
        ("ContainerImageName", Value::text(&record.config.image)),
        ("ContainerCreated", created.rfc3339().into()),
        (
            "ContainerEnv",
            texts(record.config.env.as_deref().unwrap_or_default()),
        ),
        (
            "ContainerLabels",
            map(record.config.labels.as_ref().unwrap_or(&StringMap::new())),
        ),
        ("LogPath", "".into()),
        ("DaemonName", "docker".into()),
    ];
    let command = std::iter::once(&record.path)
        .chain(&record.args)
        .map(String::as_str)
        .collect::<Vec<_>>()
        .join(" ");
    let attributes = extra(record, options).unwrap_or_default();
    let attributes = map(&attributes);
    let extra: Method = Rc::new(move |_| Ok(attributes.clone()));
    let methods = [
        ("ID", Value::text(short(&record.id))),
        ("FullID", Value::text(&record.id)),
        ("Name", Value::text(&record.name)),
        // Docker cuts the id with its algorithm in front.
        (
            "ImageID",
            Value::text(record.image.get(..12).unwrap_or(&record.image)),
        ),
        ("ImageFullID", Value::text(&record.image)),
        ("ImageName", Value::text(&record.config.image)),
        ("Hostname", Value::text(HOST)),
        ("Command", command.into()),
        ("ExtraAttributes", Value::Method(extra)),
    ];
    let mut context = Struct {
        type_name: "*logger.Info".to_owned(),
        fields: fields
            .into_iter()
            .map(|(name, value)| (name.to_owned(), value))
            .collect(),
        ..Struct::default()
    };
    for (name, value) in methods {
        context = context.hide(name, value);
    }
    Value::record(context)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tagged(text: &str) -> Result<String, String> {
        let record = Record {
            id: "65d461cbee2743ebadd6cd87a47519c3bb2679dc66ae844eb29c7b0894636d11".to_owned(),
            name: "web".to_owned(),
            image: "sha256:58169c522a38189f13638c5007339495e480f5c2005b6155ba828ea3e95003f9"
                .to_owned(),
            path: "sh".to_owned(),
            args: vec!["-c".to_owned(), "echo out".to_owned()],
            ..Record::default()
        };
        let options = StringMap::from([("tag".to_owned(), text.to_owned())]);
        tag(&record, &options, "{{.ID}}")
    }

    #[test]
    fn a_tag_sees_what_docker_shows_it() {
        for (text, wanted) in [
            ("", "65d461cbee27"),
            ("{{.Name}}/{{.ImageID}}", "web/sha256:58169"),
            ("{{.Command}} {{.DaemonName}}", "sh -c echo out docker"),
            (
                "{{.ContainerName}} {{.ContainerArgs}} {{.ExtraAttributes nil}}",
                "/web [-c echo out] map[]",
            ),
        ] {
            assert_eq!(tagged(text).as_deref(), Ok(wanted), "{text}");
        }
        assert_eq!(
            tagged("{{.Nope}}").unwrap_err(),
            "template: log-tag:1:2: executing \"log-tag\" at <.Nope>: can't evaluate field Nope in type *logger.Info"
        );
    }
}
