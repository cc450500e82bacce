"""Where traces are sent: to what the variables of OpenTelemetry name, over OTLP."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from mockreel import __version__
from mockreel.errors import MissingPackage

if TYPE_CHECKING:
    from opentelemetry.trace import TracerProvider

SERVICE = "mockreel"


@contextmanager
def exported() -> "Iterator[TracerProvider]":
    """Spans are sent to OTEL_EXPORTER_OTLP_ENDPOINT while the block runs, and what is left at its end.

    Raises:
        MissingPackage: the SDK or the exporter is not installed.
    """
    try:
        from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter  # noqa: PLC0415
        from opentelemetry.sdk.resources import Resource  # noqa: PLC0415
        from opentelemetry.sdk.trace import TracerProvider  # noqa: PLC0415
        from opentelemetry.sdk.trace.export import BatchSpanProcessor  # noqa: PLC0415
    except ImportError as lack:
        raise MissingPackage("--traces needs", "opentelemetry-exporter-otlp-proto-http", extra="otel") from lack
    resource = Resource.create({"service.name": SERVICE, "service.version": __version__})
    provider = TracerProvider(resource=resource, shutdown_on_exit=False)
    provider.add_span_processor(BatchSpanProcessor(OTLPSpanExporter()))
    try:
        yield provider
    finally:
        provider.shutdown()
