"""A boto3 client for the end-to-end tests; the commands are described in ../README.md.

Nothing is configured here. Endpoint, region and credentials come from the SDK's default chain, so
a run shows what an unmodified program would do.
"""

import hashlib
import io
import json
import os
import sys
import tempfile
from datetime import datetime, timedelta, timezone

import boto3
import botocore.session
from boto3.s3.transfer import TransferConfig
from botocore.config import Config
from botocore.exceptions import ClientError
from botocore.utils import IMDSRegionProvider

MEBIBYTE = 1024 * 1024
PART_BYTES = 5 * MEBIBYTE

EXIT_DONE = 0
EXIT_FAILED = 1
EXIT_SERVICE_ERROR = 3

TRUST_POLICY = {
    "Version": "2012-10-17",
    "Statement": [
        {
            "Effect": "Allow",
            "Principal": {"Service": "ec2.amazonaws.com"},
            "Action": "sts:AssumeRole",
        }
    ],
}


def main(arguments):
    match arguments:
        case ["whoami"]:
            return whoami()
        case ["metadata"]:
            return metadata()
        case ["get", bucket, key]:
            return get(bucket, key)
        case ["put", bucket, key, file]:
            return put(bucket, key, file)
        case ["list", bucket]:
            return list_keys(bucket, "")
        case ["list", bucket, prefix]:
            return list_keys(bucket, prefix)
        case ["delete", bucket, key, *more]:
            return delete(bucket, [key, *more])
        case ["copy", bucket, source, destination]:
            return copy(bucket, source, destination)
        case ["multipart", bucket, key, mebibytes]:
            return multipart(bucket, key, int(mebibytes))
        case ["stream", bucket, key, mebibytes]:
            return stream(bucket, key, int(mebibytes))
        case ["assume", role_arn, session]:
            return assume(role_arn, session)
        case ["presign-get", bucket, key, seconds]:
            return presign_get(bucket, key, int(seconds))
        case ["create-role", name]:
            return create_role(name)
        case ["rotate", file, following]:
            return rotate(file, following)
        case _:
            raise ValueError("unknown command or wrong number of arguments; see README.md")


def whoami():
    print(boto3.client("sts").get_caller_identity()["Arn"])
    return EXIT_DONE


def metadata():
    session = botocore.session.get_session()
    # boto3's own chain has no region of an instance: botocore asks for it with this class where
    # `defaults_mode` is `auto`.
    region = session.get_config_variable("region") or IMDSRegionProvider(session).provide()
    credentials = session.get_credentials()
    if region is None or credentials is None:
        raise ValueError("no region or no credentials")
    print("region", region)
    print("access-key-id", credentials.access_key)
    return EXIT_DONE


def get(bucket, key):
    for chunk in boto3.client("s3").get_object(Bucket=bucket, Key=key)["Body"]:
        sys.stdout.buffer.write(chunk)
    return EXIT_DONE


def put(bucket, key, file):
    with open(file, "rb") as source:
        boto3.client("s3").put_object(Bucket=bucket, Key=key, Body=source.read())
    print("ok")
    return EXIT_DONE


def list_keys(bucket, prefix):
    pages = boto3.client("s3").get_paginator("list_objects_v2")
    for page in pages.paginate(Bucket=bucket, Prefix=prefix):
        for entry in page.get("Contents", []):
            print(entry["Key"])
    return EXIT_DONE


def delete(bucket, keys):
    request = {"Objects": [{"Key": key} for key in keys]}
    answer = boto3.client("s3").delete_objects(Bucket=bucket, Delete=request)
    for entry in answer.get("Deleted", []):
        print(entry["Key"])
    errors = answer.get("Errors", [])
    for entry in errors:
        print("ERROR", entry["Key"], entry.get("Code", ""), entry.get("Message", ""))
    return EXIT_SERVICE_ERROR if errors else EXIT_DONE


def copy(bucket, source, destination):
    boto3.client("s3").copy_object(
        Bucket=bucket, Key=destination, CopySource={"Bucket": bucket, "Key": source}
    )
    print("ok")
    return EXIT_DONE


def multipart(bucket, key, mebibytes):
    sent = pseudo_random_bytes(mebibytes * MEBIBYTE)
    # A threshold of one byte makes it multipart even when everything fits into one part. The
    # download goes through the transfer manager, too: HeadObject, then one GetObject per range.
    transfer = TransferConfig(multipart_threshold=1, multipart_chunksize=PART_BYTES)
    s3 = boto3.client("s3")
    s3.upload_fileobj(io.BytesIO(sent), bucket, key, Config=transfer)
    received = io.BytesIO()
    s3.download_fileobj(bucket, key, received, Config=transfer)
    return report(sent, received.getvalue())


def stream(bucket, key, mebibytes):
    sent = pseudo_random_bytes(mebibytes * MEBIBYTE)
    s3 = boto3.client("s3")
    with tempfile.TemporaryFile() as source:
        source.write(sent)
        source.seek(0)
        s3.put_object(Bucket=bucket, Key=key, Body=source)
    return report(sent, s3.get_object(Bucket=bucket, Key=key)["Body"].read())


def assume(role_arn, session):
    answer = boto3.client("sts").assume_role(RoleArn=role_arn, RoleSessionName=session)
    credentials = answer["Credentials"]
    sts = boto3.client(
        "sts",
        aws_access_key_id=credentials["AccessKeyId"],
        aws_secret_access_key=credentials["SecretAccessKey"],
        aws_session_token=credentials["SessionToken"],
    )
    print(sts.get_caller_identity()["Arn"])
    return EXIT_DONE


def presign_get(bucket, key, seconds):
    s3 = boto3.client("s3", config=Config(signature_version="s3v4"))
    parameters = {"Bucket": bucket, "Key": key}
    print(s3.generate_presigned_url("get_object", Params=parameters, ExpiresIn=seconds))
    return EXIT_DONE


def create_role(name):
    answer = boto3.client("iam").create_role(
        RoleName=name, AssumeRolePolicyDocument=json.dumps(TRUST_POLICY)
    )
    print(answer["Role"]["Arn"])
    return EXIT_DONE


def rotate(file, following):
    session = boto3.Session()
    sts = session.client("sts")
    print(sts.get_caller_identity()["Arn"])
    os.replace(following, file)
    # Nobody waits for hours here: from now on the credentials are about to expire, and the next call
    # finds that out by itself.
    credentials = session.get_credentials()
    credentials._expiry_time = datetime.now(timezone.utc) + timedelta(minutes=1)
    print(sts.get_caller_identity()["Arn"])
    return EXIT_DONE


def report(sent, received):
    if sent != received:
        raise ValueError("the bytes that came back differ from those sent")
    print("sha256", hashlib.sha256(received).hexdigest(), len(received))
    return EXIT_DONE


def pseudo_random_bytes(length):
    """The first bytes of xorshift64* with seed 42, each word least significant byte first.

    `length` is a multiple of eight. The same in all clients, so the digests compare.
    """
    state = 42
    output = bytearray(length)
    for offset in range(0, length, 8):
        state ^= state >> 12
        state ^= state << 25 & 0xFFFF_FFFF_FFFF_FFFF
        state ^= state >> 27
        word = state * 0x2545_F491_4F6C_DD1D & 0xFFFF_FFFF_FFFF_FFFF
        output[offset : offset + 8] = word.to_bytes(8, "little")
    return bytes(output)


def service_error(error):
    answer = error.response
    return json.dumps(
        {
            "code": answer["Error"].get("Code", ""),
            "status": answer["ResponseMetadata"]["HTTPStatusCode"],
            "message": answer["Error"].get("Message", ""),
        },
        ensure_ascii=False,
        separators=(",", ":"),
    )


if __name__ == "__main__":
    try:
        status = main(sys.argv[1:])
    except ClientError as error:
        print(service_error(error), file=sys.stderr)
        status = EXIT_SERVICE_ERROR
    except Exception as error:
        print(f"error: {error}", file=sys.stderr)
        status = EXIT_FAILED
    sys.exit(status)
