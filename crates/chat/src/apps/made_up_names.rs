//! Names for people about whom an app has told nothing but an id.

use super::external_id::ExternalId;
use model::AppId;
use sha2::{Digest, Sha256};

const ADJECTIVES: [&str; 64] = [
    "Able", "Amber", "Apt", "Bold", "Brave", "Bright", "Brisk", "Calm", "Candid", "Cheery",
    "Civil", "Clear", "Clever", "Cosy", "Crisp", "Dapper", "Deft", "Eager", "Early", "Easy",
    "Fair", "Fleet", "Fond", "Frank", "Free", "Fresh", "Gentle", "Glad", "Golden", "Grand",
    "Green", "Handy", "Happy", "Hardy", "Honest", "Jolly", "Keen", "Kind", "Light", "Lively",
    "Loyal", "Lucky", "Mellow", "Merry", "Mild", "Neat", "Nimble", "Noble", "Patient", "Plucky",
    "Proud", "Quick", "Quiet", "Ready", "Silver", "Smart", "Steady", "Sunny", "Swift", "Tidy",
    "Warm", "Wise", "Witty", "Young",
];

const ANIMALS: [&str; 64] = [
    "Badger", "Bear", "Beaver", "Bison", "Bittern", "Camel", "Cheetah", "Crane", "Cricket",
    "Curlew", "Deer", "Dolphin", "Dove", "Duck", "Eagle", "Egret", "Elk", "Falcon", "Ferret",
    "Finch", "Fox", "Gazelle", "Gecko", "Goose", "Hare", "Hawk", "Hedgehog", "Heron", "Horse",
    "Ibis", "Ibex", "Jackdaw", "Kestrel", "Koala", "Lark", "Lemur", "Lion", "Llama", "Lynx",
    "Magpie", "Marten", "Mole", "Moose", "Newt", "Osprey", "Otter", "Owl", "Panda", "Pelican",
    "Plover", "Puffin", "Quail", "Rabbit", "Raven", "Robin", "Seal", "Sparrow", "Stork", "Swallow",
    "Swan", "Tern", "Turtle", "Wren", "Zebra",
];

/// A name as `Quiet Otter`, always the same for an id in an app. Two people may have the same one.
pub fn made_up_name(app_id: AppId, id: &ExternalId) -> String {
    let hash = Sha256::digest(format!("{app_id}\n{id}"));
    let pick = |words: &[&'static str; 64], byte: u8| words[usize::from(byte) % words.len()];
    format!("{} {}", pick(&ADJECTIVES, hash[0]), pick(&ANIMALS, hash[1]))
}

#[cfg(test)]
mod tests {
    use super::made_up_name;
    use crate::apps::external_id::ExternalId;
    use model::AppId;
    use std::collections::HashSet;

    #[test]
    fn a_name_is_the_same_for_an_id() {
        let name =
            |app, id: u32| made_up_name(AppId(app), &ExternalId::parse(&id.to_string()).unwrap());
        assert_eq!(name(1, 6), name(1, 6));
        let names: HashSet<String> = (0..1000).map(|id| name(1, id)).collect();
        assert!(names.len() > 800, "{} of 1000 differ", names.len());
    }
}
