module github.com/hashicorp/go-getter/s3/v2

go 1.25.11

require github.com/hashicorp/go-getter/v2 v2.2.2
