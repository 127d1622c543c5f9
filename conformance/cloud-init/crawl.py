"""Crawls the metadata service with cloud-init's own EC2 data source, as the platform "aws".

    crawl.py URL...

The URLs take the place of the addresses that cloud-init tries. Printed is one JSON object:

- `requests`: every request in order, `METHOD /path`
- `instance_id`, `region`, `availability_zone`: what the data source concludes
- `crawled`: the tree, without what holds secrets: `…` below the name of a folder of keys, and the
  length of the user data

cloud-init carries on after most errors and logs a warning. Here each warning is an `error:` line
on stderr, and exit 1.
"""

import json
import logging
import sys
from urllib.parse import urlsplit

import requests.adapters
from cloudinit import helpers
from cloudinit.sources.DataSourceEc2 import CloudNames, DataSourceEc2

EXIT_DONE = 0
EXIT_FAILED = 1

# A service that hangs fails the test; by itself cloud-init waits for minutes.
SECONDS_MAX = 10

SECRET_NAMES = ("security-credentials", "security-credentials-extended")


class OnAws(DataSourceEc2):
    """The data source on a machine whose firmware says that it is an EC2 instance."""

    def _get_cloud_name(self):
        return CloudNames.AWS


class Warnings(logging.Handler):
    def __init__(self):
        super().__init__(logging.WARNING)
        self.messages = []

    def emit(self, record):
        self.messages.append(record.getMessage())


class Requests(requests.adapters.HTTPAdapter):
    """Lists what is sent."""

    sent = []

    def send(self, request, *arguments, **named):
        self.sent.append(f"{request.method} {urlsplit(request.url).path}")
        return super().send(request, *arguments, **named)


def main(urls):
    if not urls:
        print("error: a URL is missing", file=sys.stderr)
        return EXIT_FAILED
    # cloud-init mounts the adapter that it finds under this name.
    requests.sessions.HTTPAdapter = Requests
    warnings = Warnings()
    logging.getLogger().addHandler(warnings)
    settings = {"metadata_urls": urls, "max_wait": SECONDS_MAX, "timeout": SECONDS_MAX}
    source = OnAws({"datasource": {"Ec2": settings}}, None, helpers.Paths({}))
    found = source._get_data()
    for message in warnings.messages:
        print("error:", message, file=sys.stderr)
    if not found or warnings.messages:
        return EXIT_FAILED
    crawled = {
        "meta-data": source.metadata,
        "dynamic": source._crawled_metadata["dynamic"],
        "user-data": f"{len(source.userdata_raw)} bytes",
    }
    report = {
        "requests": Requests.sent,
        "instance_id": source.get_instance_id(),
        "region": source.region,
        "availability_zone": source.availability_zone,
        "crawled": without_secrets(crawled),
    }
    json.dump(report, sys.stdout, indent=2, ensure_ascii=False)
    print()
    return EXIT_DONE


def without_secrets(tree):
    if not isinstance(tree, dict):
        return tree
    return {
        name: "…" if name in SECRET_NAMES else without_secrets(value)
        for name, value in tree.items()
    }


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
