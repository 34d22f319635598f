terraform apply -var-file=proton-inputs.json
