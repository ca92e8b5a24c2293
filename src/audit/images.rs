//! What the name of an image tells.

/// An image's name in its parts: `registry/path/name:tag@digest`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ImageName<'a> {
    /// Without tag and digest.
    pub repository: &'a str,
    pub tag: Option<&'a str>,
    pub digest: Option<&'a str>,
}

/// Images of databases, caches and queues, by the last part of their name; those of presets come
/// in by [`super::Tree`].
const BACKING: &[&str] = &[
    "cassandra",
    "clickhouse-server",
    "couchdb",
    "elasticsearch",
    "etcd",
    "influxdb",
    "kafka",
    "mariadb",
    "memcached",
    "minio",
    "mongo",
    "mongodb",
    "mysql",
    "nats",
    "neo4j",
    "opensearch",
    "pgvector",
    "postgis",
    "postgres",
    "postgresql",
    "rabbitmq",
    "redis",
    "redis-stack-server",
    "timescaledb",
    "valkey",
    "zookeeper",
];

impl<'a> ImageName<'a> {
    /// `None` where a variable without a known value is part of it.
    pub fn parse(text: &'a str) -> Option<Self> {
        if text.is_empty() || text.contains('$') || text.ends_with([':', '/', '@']) {
            return None;
        }
        let (name, digest) = text.split_once('@').map_or((text, None), |(name, digest)| (name, Some(digest)));
        let slash = name.rfind('/').map_or(0, |at| at + 1);
        let colon = name[slash..].find(':').map(|at| slash + at);
        let (repository, tag) = colon.map_or((name, None), |at| (&name[..at], Some(&name[at + 1..])));
        Some(ImageName { repository, tag, digest })
    }

    /// The last part of the repository: `node`.
    pub fn short(&self) -> &'a str {
        self.repository.rsplit('/').next().unwrap_or(self.repository)
    }

    pub fn is_distroless(&self) -> bool {
        self.repository.contains("distroless")
    }

    /// Whether it is known to run as another user than root by itself.
    pub fn is_nonroot(&self) -> bool {
        let tag = self.tag.unwrap_or_default();
        tag.split('-').any(|word| word == "nonroot" || word == "chiseled" || word == "rootless")
            || self.repository.contains("unprivileged")
            || ["cgr.dev/chainguard/", "dhi.io/", "bitnami/"].iter().any(|start| self.repository.starts_with(start))
    }

    /// Whether it is a database, a cache or a queue.
    pub fn is_backing(&self) -> bool {
        BACKING.contains(&self.short())
    }

    /// Words of the tag between `-`.
    pub fn tag_words(&self) -> impl Iterator<Item = &'a str> {
        self.tag.unwrap_or_default().split('-')
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_taken_apart() {
        let parts = |text| ImageName::parse(text).map(|image| (image.repository, image.tag, image.digest));
        assert_eq!(parts("localhost:5000/a/node"), Some(("localhost:5000/a/node", None, None)));
        assert_eq!(parts("node:26@sha256:0"), Some(("node", Some("26"), Some("sha256:0"))));
        assert_eq!(parts("x:${TAG}"), None);
        assert!(ImageName::parse("registry.example/bitnami/postgresql:17").unwrap().is_backing());
    }
}
