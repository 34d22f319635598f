//! Every diagnostic code, once.
//!
//! A code's page is `runner/core/codes/<code with a dash for the slash>.md`, its case `tests/cases/`.

use std::fmt;

macro_rules! codes {
    ($($variant:ident $text:literal $title:literal,)+) => {
        /// What kind of fault a diagnostic reports; stable across releases.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum Code { $(#[doc = $title] $variant,)+ }

        impl Code {
            /// Every code, in the order of the table.
            pub const ALL: &'static [Self] = &[$(Self::$variant,)+];

            /// The code as users see it, `spec/wrong-type`.
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $text,)+ }
            }

            /// What the code means, in a few words.
            pub const fn title(self) -> &'static str {
                match self { $(Self::$variant => $title,)+ }
            }
        }
    };
}

codes! {
    FileNotUtf8 "file/not-utf8" "a file that must be text is not UTF-8",
    FileTooLarge "file/too-large" "a file is larger than anything Nucleon reads",
    FileSymlink "file/symlink" "a file is a symbolic link or leaves its folder",
    FileQuota "file/quota" "a file, a bundle, a name or a list is larger than Proton took",
    FileMissing "file/missing" "a file that another file names does not exist",
    YamlSyntax "yaml/syntax" "the text is not YAML",
    YamlDuplicateKey "yaml/duplicate-key" "a key stands twice in one mapping",
    YamlHabit "yaml/habit" "a value that YAML 1.1 reads otherwise",
    YamlTooLarge "yaml/too-large" "aliases or nesting expand beyond the limit",
    ConfigUnknownKey "config/unknown-key" "a key that nucleon.yaml does not have",
    ConfigWrongType "config/wrong-type" "a value of another type than its key takes",
    ConfigMissingKey "config/missing-key" "a key that is required is not there",
    ConfigBadValue "config/bad-value" "a value that its key does not take",
    ConfigUnknownAccount "config/unknown-account" "an account that `accounts` does not define",
    ConfigUnknownEnvironment "config/unknown-environment" "an environment that does not exist",
    ConfigPromotionCycle "config/promotion-cycle" "an environment stands twice in the promotion order",
    ConfigPromotionTooLong "config/promotion-too-long" "more steps of promotion than a run has stages",
    ConfigUnknownTarget "config/unknown-target" "a target that no spec defines",
    ConfigConflict "config/conflict" "nucleon.yaml and a spec say different things",
    ConfigUnsupported "config/unsupported" "a setting that this version of Nucleon does not carry out",
    BundleUnknownTemplate "bundle/unknown-template" "a template that is not in the catalog",
    BundleUnknownVersion "bundle/unknown-version" "a template version that was never published",
    BundleDeprecated "bundle/deprecated" "a template version that its users should leave",
    BundleNameClash "bundle/name-clash" "two templates have one name",
    BundleManifest "bundle/manifest" "a manifest that does not say what to render",
    BundleLayout "bundle/layout" "folders and schema of a bundle that do not fit together",
    BundleRegistration "bundle/registration" "a registration file that does not say what a service template works with",
    BundleMissingFile "bundle/missing-file" "a bundle lacks a file that it needs",
    BundleUnsupportedEngine "bundle/unsupported-engine" "a rendering engine that Nucleon does not have",
    SchemaMalformed "schema/malformed" "a schema that cannot be used",
    SchemaUnknownType "schema/unknown-type" "an input type that `types` does not define",
    SchemaBadDefault "schema/bad-default" "a default that its own schema refuses",
    SchemaNotAnOutput "schema/not-an-output" "an output of customer-managed infrastructure that Proton would refuse",
    SchemaBadPattern "schema/bad-pattern" "a pattern that is not a regular expression",
    SchemaNarrower "schema/narrower" "a minor version that no longer takes what its major version took",
    SpecKind "spec/kind" "a spec of another kind than expected",
    SpecUnknownKey "spec/unknown-key" "a key that a spec does not have",
    SpecMissingKey "spec/missing-key" "a key that a spec needs is not there",
    SpecUnknownInput "spec/unknown-input" "an input that the template does not have",
    SpecMissingInput "spec/missing-input" "a required input is not set",
    SpecWrongType "spec/wrong-type" "an input of another type than the schema says",
    SpecNotInEnum "spec/not-in-enum" "an input that is none of the values allowed",
    SpecPattern "spec/pattern" "an input that does not match its pattern",
    SpecOutOfRange "spec/out-of-range" "a number or a length outside its bounds",
    SpecSchemaMismatch "spec/schema-mismatch" "an input that fails another rule of its schema",
    SpecUnknownEnvironment "spec/unknown-environment" "an environment that no spec defines",
    SpecIncompatibleEnvironment "spec/incompatible-environment" "an environment whose template the service does not support",
    SpecDuplicateTarget "spec/duplicate-target" "two specs define one target",
    SpecNoTemplate "spec/no-template" "nothing says which template a spec uses",
    SpecUnpinned "spec/unpinned" "a template without a minor version where versions must be pinned",
    SpecBadName "spec/bad-name" "a name that Proton's pattern refuses",
    SpecBadVersion "spec/bad-version" "a text that does not name a template version",
    SpecBadValue "spec/bad-value" "a value that a key of a spec does not take",
    SpecSecondComponent "spec/second-component" "two components attached to one instance",
    SpecUnknownInstance "spec/unknown-instance" "an instance that no spec defines",
    SpecComponentRefused "spec/component-refused" "a component attached to a template that takes none",
    SpecCurrentValue "spec/current-value" "`${Proton::CURRENT_VAL}` where Nucleon keeps no earlier value",
    SpecNoPipeline "spec/no-pipeline" "a pipeline that only the spec or only the template has",
    TemplateUnknownInput "template/unknown-input" "a template reads an input that its schema does not have",
    TemplateUnknownOutput "template/unknown-output" "a template reads an output that nothing gives out",
    TemplateOptionalInput "template/optional-input" "a template needs an input that specs may leave out",
    TemplateUnusedInput "template/unused-input" "an input that no template reads",
    TemplateChoice "template/choice" "a template that does not render for every value of an input",
    TemplateOldName "template/old-name" "a name that values had in Proton's preview",
    RenderSyntax "render/syntax" "the template is not Jinja",
    RenderUndefined "render/undefined" "the template reads a value that does not exist",
    RenderFuel "render/fuel" "the template does not come to an end",
    TerraformRefused "terraform/refused" "Terraform refuses what a module says",
    RenderFailed "render/failed" "the template fails while it is rendered",
    RenderUnsupported "render/unsupported" "the template uses what Nucleon does not offer",
    RenderInvalidYaml "render/invalid-yaml" "the template renders to text that is not YAML",
    RenderUnknownSection "render/unknown-section" "a section that CloudFormation templates do not have",
    RenderNotTemplate "render/not-a-template" "the rendered text is not a CloudFormation template",
    FolderMetadata "folder/metadata" "a folder's metadata that is not what was written there",
    FolderPlace "folder/place" "a folder of which nothing says where it is deployed",
    StateCorruptRecord "state/corrupt-record" "a state ref holds a record that cannot be read",
}

impl fmt::Display for Code {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.as_str())
    }
}

impl serde::Serialize for Code {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}
