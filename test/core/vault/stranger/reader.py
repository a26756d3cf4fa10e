"""Reads a restore point from a directory by docs/FORMAT.md alone, without anything of Holdfast.

    reader.py VAULT SOURCE KIND ID PRIVATE_KEY_PEM

Prints one JSON object: the rows of every table, the large objects' rows and the schema. Exits with 1 and one line on
standard error at the first thing that is not as the format says.
"""
import base64
import hashlib
import hmac
import json
import logging
import pathlib
import re
import sys
import zlib

import aws_encryption_sdk
import zstandard
from aws_encryption_sdk.identifiers import Algorithm, CommitmentPolicy, EncryptionKeyType, WrappingAlgorithm
from aws_encryption_sdk.internal.crypto.wrapping_keys import WrappingKey
from aws_encryption_sdk.key_providers.raw import RawMasterKeyProvider
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding


class NotAsSpecified(Exception):
    """What was read is not what the format says."""


def must(holds, what):
    if not holds:
        raise NotAsSpecified(what)


def sha256(data):
    return hashlib.sha256(data).hexdigest()


class RestorePoint:
    def __init__(self, vault, source, kind, restore_point_id, private_key_pem):
        self.vault = pathlib.Path(vault)
        self.source, self.kind, self.id = source, kind, restore_point_id
        day = f"{restore_point_id[0:4]}-{restore_point_id[4:6]}-{restore_point_id[6:8]}"
        self.meta = f"v1/meta/{source}/{kind}/{day}/{restore_point_id}/"
        self.data = f"v1/data/{source}/{kind}/{day}/{restore_point_id}/"
        self.key_id = f"{source}/{kind}/{restore_point_id}"
        self.private_key = serialization.load_pem_private_key(pathlib.Path(private_key_pem).read_bytes(), None)
        self.data_key = self.open_envelope()

    def stored(self, key):
        path = self.vault / key
        must(path.is_file(), f"{key} is missing")
        return path.read_bytes()

    # Envelope

    def open_envelope(self):
        files = sorted((self.vault / self.meta / "keys").glob("[0-9][0-9][0-9][0-9].json"), reverse=True)
        reasons = []
        for file in files:
            try:
                return self.unwrap(json.loads(file.read_text("utf-8")), int(file.stem))
            except (NotAsSpecified, ValueError) as error:
                reasons.append(f"{file.name}: {error}")
        raise NotAsSpecified(f"no envelope opens: {'; '.join(reasons) or 'there is none'}")

    def unwrap(self, envelope, generation):
        for member, value in {
            "format": "holdfast-envelope-1",
            "source": self.source,
            "kind": self.kind,
            "restorePointId": self.id,
            "generation": generation,
            "keyId": self.key_id,
        }.items():
            must(envelope.get(member) == value, f"envelope: {member} is {envelope.get(member)!r}")
        public = self.private_key.public_key().public_bytes(
            serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo
        )
        own = f"sha256:{sha256(public)}"
        for entry in envelope["recipients"]:
            if entry["kind"] != "rsa-oaep-sha256" or entry["id"] != own:
                continue
            oaep = padding.OAEP(mgf=padding.MGF1(hashes.SHA256()), algorithm=hashes.SHA256(), label=None)
            data_key = self.private_key.decrypt(base64.b64decode(entry["wrappedKey"], validate=True), oaep)
            must(len(data_key) == 32, "envelope: the data key has not 32 bytes")
            check = hmac.new(data_key, f"holdfast-key-check-1 {self.key_id}".encode(), "sha256").hexdigest()
            must(hmac.compare_digest(check, envelope["keyCheck"]), "envelope: the key check is wrong")
            return data_key
        raise NotAsSpecified("envelope: this private key is not among its recipients")

    # Objects

    def read_object(self, key, listed=None):
        message = self.stored(key)
        if listed is not None:
            must(len(message) == listed["bytes"], f"{key} has {len(message)} bytes")
            must(sha256(message) == listed["sha256"], f"{key} has another digest")
        must(message[0:3] == b"\x02\x04\x78", f"{key} is not a message of version 2 and suite 0478")
        client = aws_encryption_sdk.EncryptionSDKClient(
            commitment_policy=CommitmentPolicy.REQUIRE_ENCRYPT_REQUIRE_DECRYPT
        )
        try:
            plaintext, header = client.decrypt(source=message, key_provider=RawKeys(self.key_id, self.data_key))
        except Exception as error:  # whatever an SDK raises on bytes that are not authentic
            raise NotAsSpecified(f"{key}: {type(error).__name__}: {error}") from error
        must(header.algorithm == Algorithm.AES_256_GCM_HKDF_SHA512_COMMIT_KEY, f"{key} has another suite")
        context = dict(header.encryption_context)
        layout = re.fullmatch(r"1/(zstd|gzip|none)", context.pop("holdfast-format", ""))
        must(layout is not None, f"{key} is of another format")
        must(context == {"object": key, "restore-point": self.id}, f"{key} is another object: {context}")
        return decompress(plaintext, layout[1], key)

    # Manifest

    def manifest(self):
        manifest = json.loads(self.read_object(f"{self.meta}manifest"))
        for member, value in {
            "format": "holdfast-manifest-1",
            "id": self.id,
            "source": self.source,
            "kind": self.kind,
            "parents": [],
        }.items():
            must(manifest[member] == value, f"manifest: {member} is {manifest[member]!r}")
        tables = {table["oid"]: table for table in manifest["tables"]}
        for number, listed in enumerate(manifest.get("chunkParts", []), start=1):
            part = json.loads(self.read_object(listed["object"], listed))
            must(part["format"] == "holdfast-manifest-part-1", "manifest part: format")
            must((part["id"], part["part"]) == (self.id, number), "manifest part: out of order")
            for entry in part["chunks"]:
                owner = manifest["largeObjects"] if entry["table"] is None else tables[entry["table"]]
                owner["chunks"].append(entry["chunk"])
        for table in manifest["tables"]:
            if table["kind"] == "table":
                must(sum(chunk["rows"] for chunk in table["chunks"]) == table["rows"], f"{table['name']}: rows")
            else:
                must(table["chunks"] == [], f"{table['name']}: has chunks")
        return manifest

    # Rows

    def rows(self, manifest):
        """Text of each table's rows by (schema, name), and of the large objects by None."""
        owners = [((table["schema"], table["name"]), table["chunks"]) for table in manifest["tables"]]
        owners.append((None, manifest["largeObjects"]["chunks"]))
        by_object = {}
        for owner, chunks in owners:
            for chunk in chunks:
                by_object.setdefault(chunk["object"], []).append((owner, chunk))
        text = {owner: b"" for owner, _ in owners}
        for key, slices in sorted(by_object.items()):
            must(key.startswith(self.data), f"{key} lies outside of {self.data}")
            plaintext = self.read_object(key, slices[0][1])
            at = 0
            for owner, chunk in sorted(slices, key=lambda entry: (entry[1]["offset"], entry[1]["plainBytes"])):
                must(chunk["offset"] == at, f"{key}: a slice begins at {chunk['offset']}, expected at {at}")
                at += chunk["plainBytes"]
                piece = plaintext[chunk["offset"] : at]
                must(sha256(piece) == chunk["sha256Plain"], f"{key}: a slice has another digest")
                must(piece.count(b"\n") == chunk["rows"], f"{key}: a slice has another number of rows")
                text[owner] += piece
            must(at == len(plaintext), f"{key}: goes on after its last slice")
        return text


class RawKeys(RawMasterKeyProvider):
    """The raw AES keyring of the format: namespace `holdfast`, the data key under its name."""

    provider_id = "holdfast"

    def __new__(cls, *_args, **_kwargs):
        return super().__new__(cls)

    def __init__(self, key_id, data_key):
        super().__init__()
        self.wrapping_key = WrappingKey(
            wrapping_algorithm=WrappingAlgorithm.AES_256_GCM_IV12_TAG16_NO_PADDING,
            wrapping_key=data_key,
            wrapping_key_type=EncryptionKeyType.SYMMETRIC,
        )
        self.add_master_key(key_id)

    def _get_raw_key(self, key_id):
        return self.wrapping_key


def decompress(data, codec, key):
    try:
        if codec == "zstd":
            stream = zstandard.ZstdDecompressor(max_window_size=128 * 1024 * 1024).decompressobj()
        elif codec == "gzip":
            stream = zlib.decompressobj(wbits=31)
        else:
            return data
        plaintext = stream.decompress(data)
    except (zlib.error, zstandard.ZstdError) as error:
        raise NotAsSpecified(f"{key}: {error}") from error
    must(stream.eof and stream.unused_data == b"", f"{key} is not one whole {codec} stream")
    return plaintext


def main(arguments):
    restore_point = RestorePoint(*arguments)
    manifest = restore_point.manifest()
    rows = restore_point.rows(manifest)
    large_objects = rows.pop(None)
    schema = {entry["name"]: restore_point.read_object(entry["object"], entry) for entry in manifest["schema"]}
    encoding = {"UTF8": "utf-8", "LATIN1": "latin-1"}[manifest["server"]["encoding"]]
    print(
        json.dumps(
            {
                "tables": {".".join(name): text.decode(encoding) for name, text in rows.items()},
                "largeObjects": large_objects.decode(encoding),
                "schema": {name: text.decode("utf-8", "backslashreplace") for name, text in schema.items()},
                "sequences": manifest["sequences"],
            }
        )
    )


if __name__ == "__main__":
    logging.disable()  # the SDK logs what it raises a second time
    try:
        main(sys.argv[1:])
    except NotAsSpecified as problem:
        sys.exit(str(problem))
