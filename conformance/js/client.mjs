// A client on the AWS SDK for JavaScript v3 for the end-to-end tests; ../README.md describes the
// commands.
//
// Nothing is configured here. Endpoint, region and credentials come from the SDK's default chain,
// so a run shows what an unmodified program would do.

import { createHash } from "node:crypto";
import { readFile } from "node:fs/promises";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";

import {
  CopyObjectCommand,
  DeleteObjectsCommand,
  GetObjectCommand,
  PutObjectCommand,
  S3Client,
  S3ServiceException,
  paginateListObjectsV2,
} from "@aws-sdk/client-s3";
import {
  AssumeRoleCommand,
  GetCallerIdentityCommand,
  STSClient,
  STSServiceException,
} from "@aws-sdk/client-sts";
import { MetadataService } from "@aws-sdk/ec2-metadata-service";
import { Upload } from "@aws-sdk/lib-storage";
import { getSignedUrl } from "@aws-sdk/s3-request-presigner";
import { getInstanceMetadataEndpoint } from "@smithy/credential-provider-imds";

const MEBIBYTE = 1024 * 1024;
const PART_BYTES = 5 * MEBIBYTE;
const STREAM_CHUNK_BYTES = 64 * 1024;

const EXIT_DONE = 0;
const EXIT_FAILED = 1;
const EXIT_NOT_SUPPORTED = 2;
const EXIT_SERVICE_ERROR = 3;

// What the SDK says on its own would stand beside the error line on stderr: that this Node.js is
// old, and that a stream cannot be sent a second time.
process.env.AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED ??= "true";
const ignore = () => {};
const QUIET_LOGGER = { trace: ignore, debug: ignore, info: ignore, warn: ignore, error: ignore };

// Each with the least and the greatest number of its arguments.
const COMMANDS = {
  whoami: [whoami, 0, 0],
  metadata: [metadata, 0, 0],
  get: [get, 2, 2],
  put: [put, 3, 3],
  list: [list, 1, 2],
  delete: [deleteKeys, 2, Infinity],
  copy: [copy, 3, 3],
  multipart: [multipart, 3, 3],
  stream: [stream, 3, 3],
  assume: [assume, 2, 2],
  "presign-get": [presignGet, 3, 3],
  "create-role": [notSupported, 1, 1],
};

async function main([name, ...args]) {
  const [command, least, greatest] = Object.hasOwn(COMMANDS, name) ? COMMANDS[name] : [];
  if (!command || args.length < least || args.length > greatest) {
    throw new Error("unknown command or wrong number of arguments; see README.md");
  }
  return (await command(...args)) ?? EXIT_DONE;
}

async function whoami() {
  await printCaller(new STSClient());
}

async function metadata() {
  const { accessKeyId } = await new STSClient().config.credentials();
  print(`region ${process.env.AWS_REGION ?? (await instanceRegion())}`);
  print(`access-key-id ${accessKeyId}`);
}

// No client looks for its region on the instance; the SDK's own class for metadata does. That class
// knows the variable of the endpoint, but not the one that chooses between IPv4 and IPv6.
async function instanceRegion() {
  const options = {};
  if (process.env.AWS_EC2_METADATA_SERVICE_ENDPOINT === undefined) {
    const { protocol, hostname } = await getInstanceMetadataEndpoint();
    options.endpoint = `${protocol}//${hostname}`;
  }
  return new MetadataService(options).request("/latest/meta-data/placement/region", {});
}

async function get(bucket, key) {
  const object = await new S3Client().send(new GetObjectCommand({ Bucket: bucket, Key: key }));
  await pipeline(object.Body, process.stdout, { end: false });
}

async function put(bucket, key, file) {
  const body = await readFile(file);
  await new S3Client().send(new PutObjectCommand({ Bucket: bucket, Key: key, Body: body }));
  print("ok");
}

async function list(bucket, prefix) {
  const client = new S3Client();
  const pages = paginateListObjectsV2({ client }, { Bucket: bucket, Prefix: prefix });
  for await (const page of pages) {
    for (const entry of page.Contents ?? []) {
      print(entry.Key);
    }
  }
}

async function deleteKeys(bucket, ...keys) {
  const request = { Bucket: bucket, Delete: { Objects: keys.map((key) => ({ Key: key })) } };
  const answer = await new S3Client().send(new DeleteObjectsCommand(request));
  for (const entry of answer.Deleted ?? []) {
    print(entry.Key);
  }
  const errors = answer.Errors ?? [];
  for (const entry of errors) {
    print(`ERROR ${entry.Key} ${entry.Code ?? ""} ${entry.Message ?? ""}`);
  }
  return errors.length > 0 ? EXIT_SERVICE_ERROR : EXIT_DONE;
}

async function copy(bucket, source, destination) {
  // The SDK leaves the encoding of this header to its caller.
  const from = `${bucket}/${source.split("/").map(encodeURIComponent).join("/")}`;
  const request = { Bucket: bucket, Key: destination, CopySource: from };
  await new S3Client().send(new CopyObjectCommand(request));
  print("ok");
}

// One part or less is a plain PutObject: the library decides that.
async function multipart(bucket, key, mebibytes) {
  const sent = pseudoRandomBytes(parseCount(mebibytes) * MEBIBYTE);
  const client = new S3Client();
  const params = { Bucket: bucket, Key: key, Body: sent };
  await new Upload({ client, params, partSize: PART_BYTES }).done();
  await compare(client, bucket, key, sent);
}

async function stream(bucket, key, mebibytes) {
  const sent = pseudoRandomBytes(parseCount(mebibytes) * MEBIBYTE);
  const client = new S3Client({ logger: QUIET_LOGGER });
  const request = {
    Bucket: bucket,
    Key: key,
    Body: Readable.from(chunks(sent), { objectMode: false }),
    ContentLength: sent.length,
  };
  await client.send(new PutObjectCommand(request));
  await compare(client, bucket, key, sent);
}

async function assume(roleArn, session) {
  const request = { RoleArn: roleArn, RoleSessionName: session };
  const { Credentials: issued } = await new STSClient().send(new AssumeRoleCommand(request));
  const credentials = {
    accessKeyId: issued.AccessKeyId,
    secretAccessKey: issued.SecretAccessKey,
    sessionToken: issued.SessionToken,
  };
  await printCaller(new STSClient({ credentials }));
}

async function presignGet(bucket, key, seconds) {
  const command = new GetObjectCommand({ Bucket: bucket, Key: key });
  print(await getSignedUrl(new S3Client(), command, { expiresIn: parseCount(seconds) }));
}

function notSupported() {
  console.error("not supported");
  return EXIT_NOT_SUPPORTED;
}

async function printCaller(client) {
  print((await client.send(new GetCallerIdentityCommand())).Arn);
}

async function compare(client, bucket, key, sent) {
  const object = await client.send(new GetObjectCommand({ Bucket: bucket, Key: key }));
  const received = await object.Body.transformToByteArray();
  if (!sent.equals(received)) {
    throw new Error("the bytes that came back differ from those sent");
  }
  print(`sha256 ${createHash("sha256").update(received).digest("hex")} ${received.length}`);
}

function* chunks(bytes) {
  for (let start = 0; start < bytes.length; start += STREAM_CHUNK_BYTES) {
    yield bytes.subarray(start, start + STREAM_CHUNK_BYTES);
  }
}

// The first bytes of xorshift64* with seed 42, each word least significant byte first. `length` is
// a multiple of eight. The same in all clients, so the digests compare.
function pseudoRandomBytes(length) {
  let state = 42n;
  const output = Buffer.alloc(length);
  for (let offset = 0; offset < length; offset += 8) {
    state ^= state >> 12n;
    state ^= BigInt.asUintN(64, state << 25n);
    state ^= state >> 27n;
    output.writeBigUInt64LE(BigInt.asUintN(64, state * 0x2545f4914f6cdd1dn), offset);
  }
  return output;
}

function parseCount(text) {
  if (!/^[0-9]+$/.test(text)) {
    throw new Error(`not a number: ${text}`);
  }
  return Number(text);
}

function print(line) {
  process.stdout.write(`${line}\n`);
}

function serviceError(error) {
  const { name: code, message, $metadata: metadata } = error;
  return JSON.stringify({ code, status: metadata.httpStatusCode, message });
}

try {
  process.exitCode = await main(process.argv.slice(2));
} catch (error) {
  if (error instanceof S3ServiceException || error instanceof STSServiceException) {
    console.error(serviceError(error));
    process.exitCode = EXIT_SERVICE_ERROR;
  } else {
    console.error(`error: ${error?.message ?? error}`);
    process.exitCode = EXIT_FAILED;
  }
}
