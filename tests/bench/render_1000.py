"""Validates and renders every target of a platform repository: the peer of `nucleon-render --out`.

    python render_1000.py REPOSITORY OUT

As fast as one would write it with care: PyYAML's C loader, one jsonschema validator and one compiled
Jinja2 template per bundle. It knows only what the repository of the benchmark needs.
"""

import os
import sys
from pathlib import Path

import jinja2
import jsonschema
import yaml


def load(path):
    with open(path, "rb") as file:
        return yaml.load(file, Loader=yaml.CSafeLoader)


class Template:
    """A bundle: its input types, checked and compiled once, and its compiled template."""

    def __init__(self, folder, kind, infrastructure):
        schema = load(folder / "schema" / "schema.yaml")["schema"]
        self.inputs = schema["types"][schema[f"{kind}_input_type"]]
        self.validator = jsonschema.Draft202012Validator(self.inputs)
        self.validator.check_schema(self.inputs)
        manifest = load(folder / infrastructure / "manifest.yaml")
        self.file = manifest["infrastructure"]["templates"][0]["file"]
        text = (folder / infrastructure / self.file).read_text()
        self.template = jinja2.Environment(undefined=jinja2.StrictUndefined).from_string(text)

    def check(self, where, values):
        errors = [f"{where}: {error.message}" for error in self.validator.iter_errors(values)]
        if errors:
            sys.exit("\n".join(errors))
        defaults = {name: type["default"] for name, type in self.inputs["properties"].items() if "default" in type}
        return defaults | values

    def write(self, folder, context):
        text = self.template.render(context)
        # What came out must be YAML; CloudFormation's tags are not looked at.
        yaml.compose(text, Loader=yaml.CSafeLoader)
        os.makedirs(folder)
        with open(folder / self.file, "w") as file:
            file.write(text)


def main(repository, out):
    settings = load(repository / "nucleon.yaml")
    environments = {}
    template = Template(repository / "templates/bench-env/v1", "environment", "infrastructure")
    for name in settings["environments"]:
        path = repository / "environments" / f"{name}.yaml"
        account = settings["accounts"][settings["environments"][name]["account"]]["id"]
        inputs = template.check(path, load(path)["spec"])
        environments[name] = {"name": name, "account_id": account, "inputs": inputs, "outputs": {}}
        template.write(out / name, {"environment": environments[name]})
    template = Template(repository / "templates/worker-svc/v1", "service", "instance_infrastructure")
    for path in sorted((repository / "services").glob("*.yaml")):
        spec = load(path)
        for instance in spec["instances"]:
            inputs = template.check(path, instance["spec"])
            context = {
                "environment": environments[instance["environment"]],
                "service": {"name": spec["name"]},
                "service_instance": {"name": instance["name"], "inputs": inputs},
            }
            template.write(out / instance["environment"] / f"{spec['name']}-{instance['name']}", context)


main(Path(sys.argv[1]), Path(sys.argv[2]))
