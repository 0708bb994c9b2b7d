//! POSIX extended regular expressions for `[[ text =~ regex ]]`: a small backtracking matcher.

#[derive(Debug)]
enum Node {
    Char(char),
    Any,
    Set {
        negated: bool,
        items: Vec<(char, char)>,
    },
    Begin,
    End,
    Group(Vec<Vec<Piece>>),
}

#[derive(Debug)]
struct Piece {
    node: Node,
    least: usize,
    most: usize,
}

/// Whether some part of `text` matches; `None` for a broken expression.
pub fn search(regex: &str, text: &str) -> Option<bool> {
    let chars: Vec<char> = regex.chars().collect();
    let mut at = 0;
    let branches = alternatives(&chars, &mut at)?;
    if at != chars.len() {
        return None;
    }
    let text: Vec<char> = text.chars().collect();
    Some((0..=text.len()).any(|start| {
        branches
            .iter()
            .any(|branch| run(branch, &text, start, &mut |_| true))
    }))
}

fn alternatives(chars: &[char], at: &mut usize) -> Option<Vec<Vec<Piece>>> {
    let mut list = vec![Vec::new()];
    while let Some(&c) = chars.get(*at) {
        if c == ')' {
            break;
        }
        *at += 1;
        let node = match c {
            '|' => {
                list.push(Vec::new());
                continue;
            }
            '.' => Node::Any,
            '^' => Node::Begin,
            '$' => Node::End,
            '(' => {
                let inner = alternatives(chars, at)?;
                if chars.get(*at) != Some(&')') {
                    return None;
                }
                *at += 1;
                Node::Group(inner)
            }
            '[' => set(chars, at)?,
            '\\' => {
                let c = *chars.get(*at)?;
                *at += 1;
                Node::Char(c)
            }
            '*' | '+' | '?' => return None,
            c => Node::Char(c),
        };
        let (least, most) = repeat(chars, at)?;
        list.last_mut()?.push(Piece { node, least, most });
    }
    Some(list)
}

fn repeat(chars: &[char], at: &mut usize) -> Option<(usize, usize)> {
    let bounds = match chars.get(*at) {
        Some('*') => (0, usize::MAX),
        Some('+') => (1, usize::MAX),
        Some('?') => (0, 1),
        Some('{') => {
            let end = *at + chars[*at..].iter().position(|c| *c == '}')?;
            let text: String = chars[*at + 1..end].iter().collect();
            *at = end + 1;
            let (least, most) = text.split_once(',').unwrap_or((&text, &text));
            let most = if most.is_empty() {
                usize::MAX
            } else {
                most.parse().ok()?
            };
            return Some((least.parse().ok()?, most));
        }
        _ => return Some((1, 1)),
    };
    *at += 1;
    Some(bounds)
}

fn set(chars: &[char], at: &mut usize) -> Option<Node> {
    let negated = chars.get(*at) == Some(&'^');
    *at += usize::from(negated);
    let mut items = Vec::new();
    let begin = *at;
    loop {
        let c = *chars.get(*at)?;
        *at += 1;
        if c == ']' && *at > begin + 1 {
            return Some(Node::Set { negated, items });
        }
        if c == '[' && chars.get(*at) == Some(&':') {
            let end = *at + chars[*at..].iter().position(|c| *c == ']')?;
            let name: String = chars[*at + 1..end - 1].iter().collect();
            *at = end + 1;
            items.extend_from_slice(match name.as_str() {
                "alpha" => &[('a', 'z'), ('A', 'Z')],
                "digit" => &[('0', '9')],
                "alnum" => &[('a', 'z'), ('A', 'Z'), ('0', '9')],
                "upper" => &[('A', 'Z')],
                "lower" => &[('a', 'z')],
                "space" => &[('\t', '\r'), (' ', ' ')],
                "xdigit" => &[('a', 'f'), ('A', 'F'), ('0', '9')],
                "punct" => &[('!', '/'), (':', '@'), ('[', '`'), ('{', '~')],
                _ => return None,
            });
            continue;
        }
        match (chars.get(*at), chars.get(*at + 1)) {
            (Some('-'), Some(&high)) if high != ']' => {
                items.push((c, high));
                *at += 2;
            }
            _ => items.push((c, c)),
        }
    }
}

/// Matches the pieces from `at`, then what follows.
fn run(pieces: &[Piece], text: &[char], at: usize, then: &mut dyn FnMut(usize) -> bool) -> bool {
    match pieces.split_first() {
        None => then(at),
        Some((piece, rest)) => times(piece, rest, text, at, 0, then),
    }
}

fn times(
    piece: &Piece,
    rest: &[Piece],
    text: &[char],
    at: usize,
    done: usize,
    then: &mut dyn FnMut(usize) -> bool,
) -> bool {
    // Greedy: once more first.
    if done < piece.most {
        let mut again = |end: usize| {
            (end > at || done < piece.least) && times(piece, rest, text, end, done + 1, then)
        };
        if one(&piece.node, text, at, &mut again) {
            return true;
        }
    }
    done >= piece.least && run(rest, text, at, then)
}

fn one(node: &Node, text: &[char], at: usize, then: &mut dyn FnMut(usize) -> bool) -> bool {
    let c = text.get(at).copied();
    match node {
        Node::Char(own) => c == Some(*own) && then(at + 1),
        Node::Any => c.is_some() && then(at + 1),
        Node::Set { negated, items } => {
            c.is_some_and(|c| {
                items.iter().any(|(low, high)| (*low..=*high).contains(&c)) != *negated
            }) && then(at + 1)
        }
        Node::Begin => at == 0 && then(at),
        Node::End => at == text.len() && then(at),
        Node::Group(branches) => branches.iter().any(|branch| run(branch, text, at, then)),
    }
}

#[cfg(test)]
mod tests {
    use super::search;

    #[test]
    fn expressions() {
        for (regex, text, found) in [
            ("b+", "abbc", true),
            ("^[0-9]+$", "123", true),
            ("^[0-9]+$", "12a", false),
            ("^(a|bc)*d?$", "abcabc", true),
            ("^[^/]*\\.txt$", "x.txt", true),
            ("^[[:alpha:]_]{2,3}$", "ab", true),
            ("^[[:alpha:]_]{2,3}$", "abcd", false),
            ("(^|x)y", "zxy", true),
            ("(a*)*b", "aaaaaaaaaaaa", false),
            ("", "x", true),
        ] {
            assert_eq!(search(regex, text), Some(found), "{regex} {text}");
        }
        assert_eq!(search("(", "x"), None);
    }
}
