"""Whose child is a span of a greenlet?"""

# needs: opentelemetry, opentelemetry.sdk
import gevent
from gevent.exporters.opentelemetry import export
from opentelemetry import trace
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

finished = InMemorySpanExporter()
provider = TracerProvider()
provider.add_span_processor(SimpleSpanProcessor(finished))
trace.set_tracer_provider(provider)
tracer = trace.get_tracer(__name__)

# begin: export
export()  # to the global providers; or export(meter_provider, tracer_provider)
# end: export


def fetch(name):
    """Do something that has a span."""
    with tracer.start_as_current_span(name):
        gevent.sleep(0.001)


# begin: parent
with tracer.start_as_current_span("request"):
    gevent.joinall([gevent.spawn(fetch, "one"), gevent.spawn(fetch, "two")])
# end: parent

names = {span.context.span_id: span.name for span in finished.get_finished_spans()}
for span in finished.get_finished_spans():
    if span.parent:
        print(span.name, "is a child of", names[span.parent.span_id])
