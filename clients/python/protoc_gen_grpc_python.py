"""Generates gRPC stubs for Python, as a plugin of `buf generate`.

grpcio-tools has the generator built into its protoc, and no program of its own for it; this is that program.
"""

import pathlib
import sys
import tempfile

from google.protobuf.compiler import plugin_pb2
from google.protobuf.descriptor_pb2 import FileDescriptorSet
from grpc_tools import protoc


def main() -> None:
    request = plugin_pb2.CodeGeneratorRequest.FromString(sys.stdin.buffer.read())
    with tempfile.TemporaryDirectory() as folder:
        response = generate(request, pathlib.Path(folder))
    sys.stdout.buffer.write(response.SerializeToString())


def generate(request: plugin_pb2.CodeGeneratorRequest, folder: pathlib.Path) -> plugin_pb2.CodeGeneratorResponse:
    descriptors = folder / "descriptors.binpb"
    descriptors.write_bytes(FileDescriptorSet(file=request.proto_file).SerializeToString())
    out = folder / "out"
    out.mkdir()
    options = [f"--descriptor_set_in={descriptors}", f"--grpc_python_out={out}"]
    failed = protoc.main(["protoc", *options, *request.file_to_generate])
    response = plugin_pb2.CodeGeneratorResponse(
        supported_features=plugin_pb2.CodeGeneratorResponse.FEATURE_PROTO3_OPTIONAL
    )
    if failed:
        response.error = "protoc failed, see above"
    for path in sorted(out.rglob("*.py")):
        response.file.add(name=path.relative_to(out).as_posix(), content=path.read_text())
    return response


if __name__ == "__main__":
    main()
