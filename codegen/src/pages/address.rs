//! The addresses of pages. A page does not tell its own, but other pages lead to it, and all stand below one address.

use std::collections::BTreeMap;

use super::Page;

/// Below which the documentation of the server stands.
pub const SERVER: &str = "https://developers.weixin.qq.com/miniprogram/dev/server/";

/// Below which all pages of endpoints stand.
const TOP: &str = "https://developers.weixin.qq.com/miniprogram/dev/server/API/";

/// A file that was read: its links, and the endpoint it describes.
pub(super) struct Source {
    pub(super) links: Vec<String>,
    pub(super) page: Option<Page>,
}

/// Gives each page its address, where the links of all files tell it.
pub(super) fn resolve(sources: &mut [Source]) {
    let mut known: BTreeMap<String, String> = BTreeMap::new();
    // Of names that several endpoints have, nobody knows which page a link means.
    let mut counts: BTreeMap<String, usize> = BTreeMap::new();
    for page in sources.iter().filter_map(|source| source.page.as_ref()) {
        *counts.entry(last_part(&page.id)).or_default() += 1;
    }
    let unique = |last: &str| counts.get(last).is_none_or(|count| *count == 1);
    let mut learn = |address: &str| {
        let path = address.split(['#', '?']).next().unwrap_or_default();
        let path = path.strip_suffix(".html").unwrap_or(path);
        if let Some((_, last)) = path.rsplit_once('/')
            && last.starts_with("api_")
            && unique(&last.to_lowercase())
        {
            known.entry(last.to_lowercase()).or_insert_with(|| format!("{TOP}{path}"));
        }
    };
    for source in sources.iter() {
        let up = depth(&source.links);
        for link in &source.links {
            if let Some(path) = link.strip_prefix(TOP) {
                learn(path);
            } else if let Some(up) = &up
                && let Some(path) = link.strip_prefix(up.as_str())
                && !path.starts_with("../")
            {
                learn(path);
            }
        }
    }
    // A listing leads to all pages of a folder; one that is known tells where the folder is.
    loop {
        let before = known.len();
        for source in sources.iter() {
            let relative = |link: &str| link.strip_prefix("./").map(str::to_owned);
            let local: Vec<_> = source.links.iter().filter_map(|link| relative(link)).collect();
            let folder = local.iter().find_map(|path| {
                let last = path.rsplit('/').next()?.to_lowercase();
                known.get(&last)?.strip_suffix(path.as_str()).map(str::to_owned)
            });
            let Some(folder) = folder else { continue };
            for path in &local {
                let last = path.rsplit('/').next().unwrap_or_default().to_lowercase();
                if last.starts_with("api_") && unique(&last) {
                    known.entry(last).or_insert_with(|| format!("{folder}{path}"));
                }
            }
        }
        if known.len() == before {
            break;
        }
    }
    for page in sources.iter_mut().filter_map(|source| source.page.as_mut()) {
        page.docs = known.get(&last_part(&page.id)).cloned();
    }
}

/// The last part of the address of an endpoint's page.
fn last_part(id: &str) -> String {
    format!("api_{}", id.to_lowercase())
}

/// What leads from a page up to the top: all pages link the one on tokens.
fn depth(links: &[String]) -> Option<String> {
    links.iter().find_map(|link| {
        let up = link.strip_suffix("mp-access-token/api_getaccesstoken")?;
        (!up.is_empty() && up.replace("../", "").is_empty()).then(|| up.to_owned())
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn links_tell_where_pages_are() {
        let page = |id: &str| Some(Page { id: id.into(), ..Page::default() });
        let links = |links: &[&str]| links.iter().map(|&link| link.to_owned()).collect();
        let mut sources = [
            Source {
                links: links(&["../../mp-access-token/api_getaccesstoken", "../../a/b/api_one"]),
                page: page("One"),
            },
            Source { links: links(&["./b/api_one", "./c/api_two"]), page: None },
            Source { links: links(&[]), page: page("two") },
            Source { links: links(&["./api_three"]), page: page("three") },
        ];
        resolve(&mut sources);
        let docs: Vec<_> =
            sources.iter().filter_map(|source| source.page.as_ref()).map(|page| page.docs.as_deref()).collect();
        let (one, two) = (format!("{TOP}a/b/api_one"), format!("{TOP}a/c/api_two"));
        assert_eq!(docs, [Some(one.as_str()), Some(two.as_str()), None]);
    }
}
