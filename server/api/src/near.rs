//! What a mistyped word was meant to be.

/// The known word that is nearest to a mistyped one; `None` where none is near enough to be worth a guess.
pub fn nearest<'k>(
    word: &str,
    known: impl IntoIterator<Item = &'k str> + Clone,
) -> Option<&'k str> {
    let word = word.to_lowercase();
    let begun = known
        .clone()
        .into_iter()
        .find(|name| word.len() >= 2 && name.starts_with(&word));
    begun.or_else(|| {
        let (distance, name) = known
            .into_iter()
            // Far longer words are not near, and need not be measured.
            .filter(|name| word.len() <= name.len() + 2)
            .map(|name| (distance(&word, name), name))
            .min()?;
        (distance <= 2 && distance < name.len().min(word.len())).then_some(name)
    })
}

/// How many letters must be put in, taken out, changed or swapped with their neighbour to get from one word to the other.
fn distance(from: &str, to: &str) -> usize {
    let (from, to): (Vec<char>, Vec<char>) = (from.chars().collect(), to.chars().collect());
    let mut rows = vec![vec![0; to.len() + 1]; from.len() + 1];
    for i in 0..=from.len() {
        for j in 0..=to.len() {
            rows[i][j] = if i == 0 || j == 0 {
                i + j
            } else {
                let change = usize::from(from[i - 1] != to[j - 1]);
                let mut least = (rows[i - 1][j] + 1)
                    .min(rows[i][j - 1] + 1)
                    .min(rows[i - 1][j - 1] + change);
                if i > 1 && j > 1 && from[i - 1] == to[j - 2] && from[i - 2] == to[j - 1] {
                    least = least.min(rows[i - 2][j - 2] + 1);
                }
                least
            };
        }
    }
    rows[from.len()][to.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn slips_of_the_finger_are_understood() {
        let known = ["user", "created", "requests", "ip", "ips", "login_ip"];
        for (word, meant) in [
            ("usr", Some("user")),
            ("User", Some("user")),
            ("uesr", Some("user")),
            ("creatd", Some("created")),
            ("req", Some("requests")),
            ("loginip", Some("login_ip")),
            ("colour", None),
            ("x", None),
            ("", None),
        ] {
            assert_eq!(nearest(word, known), meant, "{word:?}");
        }
    }
}
