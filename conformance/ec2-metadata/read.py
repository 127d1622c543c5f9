"""Reads every property of the library ec2-metadata.

    read.py URL

The URL takes the place of the address that the library knows. Printed is one line a property,
`name value`, in the order of names; what belongs to an interface, a key or a tag has that in its
name. Of the credentials only the names of the fields are shown, of user data only the length.
"""

import inspect
import sys
from functools import cached_property

from ec2_metadata import EC2Metadata


def main(url):
    metadata = EC2Metadata()
    metadata.service_url = f"{url.rstrip('/')}/latest/"
    metadata.dynamic_url = f"{metadata.service_url}dynamic/"
    metadata.metadata_url = f"{metadata.service_url}meta-data/"
    metadata.userdata_url = f"{metadata.service_url}user-data/"
    for name, value in values(metadata):
        match name:
            case "iam_security_credentials":
                show(name, sorted(value or {}))
            case "network_interfaces":
                for mac, interface in sorted(value.items()):
                    show_all(f"{name}[{mac}]", interface)
            case "public_keys":
                for key, public_key in sorted(value.items()):
                    show_all(f"{name}[{key}]", public_key)
            case "tags":
                for key in sorted(value):
                    show(f"{name}[{key}]", value[key])
            case "user_data":
                show(name, None if value is None else f"{len(value)} bytes")
            case _:
                show(name, value)


def values(thing):
    """The properties of an object, so that one that a later version adds is read, too."""
    kinds = (property, cached_property)
    for name, _ in inspect.getmembers(type(thing), lambda member: isinstance(member, kinds)):
        yield name, getattr(thing, name)


def show_all(prefix, thing):
    for name, value in values(thing):
        show(f"{prefix}.{name}", value)


def show(name, value):
    print(name, repr(value))


if __name__ == "__main__":
    try:
        main(*sys.argv[1:])
    except Exception as error:
        print(f"error: {error}", file=sys.stderr)
        sys.exit(1)
