module acg.example/tests/contract/cgo

go 1.25.11
