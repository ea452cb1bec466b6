# SPDX-License-Identifier: MPL-2.0
"""Template deployments of the simulator: the language of templates, their order, what they make, and what is refused."""
from simtest import COMPUTE, GROUP, SUBSCRIPTION, Report, Sim, equal, holds, test, tests_of

API = "2018-02-01"
NETWORK = GROUP + "/providers/Microsoft.Network"
DEPLOYMENT = GROUP + "/providers/Microsoft.Resources/deployments/first"
BASE = COMPUTE + "/images/base"
WITH_BASE = {"resources": [{"id": BASE, "location": "westus", "properties": {"hyperVGeneration": "V1", "storageProfile": {
    "osDisk": {"osType": "Linux", "osState": "Generalized", "diskSizeGB": 30}}}}]}


def resource(kind, name, depends=(), **more):
    return {"type": kind, "name": name, "apiVersion": "2018-01-01", "location": "[resourceGroup().location]",
            **({"dependsOn": list(depends)} if depends else {}), **more}


def group(name="g1", **more):
    return resource("Microsoft.Network/networkSecurityGroups", name, **more)


def body(resources, parameters=None, declared=None, variables=None, outputs=None, mode="Incremental"):
    return {"properties": {"mode": mode, "parameters": parameters or {}, "template": {
        "contentVersion": "1.0.0.0", "parameters": declared or {}, "variables": variables or {}, "resources": resources, "outputs": outputs or {}}}}


def deploy(sim, request, path=DEPLOYMENT, **more):
    return sim.put(path, request, api=API, **more)


def refused(answer, text, code="InvalidTemplate", status=400):
    equal((answer.status, answer.code()), (status, code), answer.message())
    holds(text in answer.message(), f"{answer.message()!r} lacks {text!r}")


def a_machine():
    """A machine with its address, network and interface, written in the order that suits nobody."""
    vm = resource("Microsoft.Compute/virtualMachines", "[parameters('vmName')]", ["[concat('Microsoft.Network/networkInterfaces/', variables('nic'))]"],
                  properties={"storageProfile": {"imageReference": {"id": "[parameters('image')]"}, "osDisk": {
                                  "createOption": "FromImage", "name": "[concat(parameters('vmName'), '-os', 1)]"}},
                              "osProfile": {"adminUsername": "packer", "adminPassword": "[parameters('adminPassword')]"},
                              "networkProfile": {"networkInterfaces": [{"id": "[resourceId('Microsoft.Network/networkInterfaces', variables('nic'))]"}]}})
    nic = resource("Microsoft.Network/networkInterfaces", "[variables('nic')]", ["ip1", "[resourceId('Microsoft.Network/virtualNetworks', 'net1')]"],
                   properties={"ipConfigurations": [{"name": "first", "properties": {
                       "publicIPAddress": {"id": "[resourceId('Microsoft.Network/publicIPAddresses', 'ip1')]"}, "subnet": {"id": "[variables('subnet')]"}}}]})
    net = resource("Microsoft.Network/virtualNetworks", "net1", properties={"subnets": [{"name": "inner", "properties": {"addressPrefix": "10.0.0.0/24"}}]})
    ip = resource("Microsoft.Network/publicIPAddresses", "ip1", properties={"dnsSettings": {"domainNameLabel": "[parameters('VMNAME')]"}})
    return body([vm, nic, net, ip], {"image": {"value": BASE}, "adminPassword": {"value": "not-for-any-log"}},
                {"image": {"type": "string"}, "vmName": {"type": "string", "defaultValue": "vm1"}, "adminPassword": {"type": "securestring"}},
                {"nic": "[concat(parameters('vmName'), '-nic')]", "network": "[resourceId('Microsoft.Network/virtualNetworks', 'net1')]",
                 "subnet": "[concat(variables('network'), '/subnets/inner')]"},
                {"machine": {"type": "string", "value": "[resourceId('Microsoft.Compute/virtualMachines', parameters('vmName'))]"}})


@test
def a_template_makes_a_machine_that_is_on_this_machine():
    with Sim(WITH_BASE) as sim:
        made = deploy(sim, a_machine())
        equal((made.status, made.body["properties"]["provisioningState"]), (201, "Accepted"), made.message())
        holds(made.headers["azure-asyncoperation"].startswith(sim.base + DEPLOYMENT + "/operationStatuses/"), made.headers)
        equal(sim.poll(made).body["status"], "Succeeded")
        address = NETWORK + "/publicIPAddresses/ip1"
        equal({k: sim.get(address, api=API).body["properties"][k] for k in ("ipAddress", "publicIPAllocationMethod")},
              {"ipAddress": "127.0.0.1", "publicIPAllocationMethod": "Dynamic"})
        equal(sim.get(address, api=API).body["properties"]["dnsSettings"]["fqdn"], "vm1.westus.cloudapp.azure.com")
        inner = sim.get(NETWORK + "/networkInterfaces/vm1-nic", api=API).body["properties"]["ipConfigurations"][0]["properties"]
        equal((inner["subnet"]["id"], inner["privateIPAddress"]), (NETWORK + "/virtualNetworks/net1/subnets/inner", "10.0.0.4"))
        vm = sim.get(COMPUTE + "/virtualMachines/vm1", api=API).body["properties"]
        equal(vm["storageProfile"]["osDisk"]["managedDisk"]["id"], COMPUTE + "/disks/vm1-os1")
        equal(sim.get(COMPUTE + "/disks/vm1-os1", api=API).status, 200)
        sim.arm("POST", COMPUTE + "/virtualMachines/vm1/deallocate", api=API)
        holds("ipAddress" not in sim.get(address, api=API).body["properties"], "a dynamic address goes when the machine is deallocated")


@test
def a_deployment_shows_what_it_did():
    with Sim(WITH_BASE) as sim:
        deploy(sim, a_machine())
        shown = sim.get(DEPLOYMENT, api=API)
        properties = shown.body["properties"]
        equal(properties["provisioningState"], "Succeeded")
        equal([r["id"].rsplit("/")[-1] for r in properties["outputResources"]], ["net1", "ip1", "vm1-nic", "vm1"], "order")
        equal(properties["outputs"], {"machine": {"type": "string", "value": COMPUTE + "/virtualMachines/vm1"}})
        equal(properties["parameters"]["adminPassword"], {"type": "SecureString"})
        equal(properties["parameters"]["image"], {"type": "String", "value": BASE})
        equal([(p["namespace"], [t["resourceType"] for t in p["resourceTypes"]]) for p in properties["providers"]],
              [("Microsoft.Network", ["virtualNetworks", "publicIPAddresses", "networkInterfaces"]), ("Microsoft.Compute", ["virtualMachines"])])
        equal([(d["resourceName"], [o["resourceName"] for o in d["dependsOn"]]) for d in properties["dependencies"]],
              [("vm1-nic", ["ip1", "net1"]), ("vm1", ["vm1-nic"])])
        holds(b"not-for-any-log" not in shown.raw + sim.send("GET", "/_sim/log").raw, "the password shows")
        # The second is the path of old clients.
        for path in (DEPLOYMENT + "/operations", GROUP + "/deployments/first/operations"):
            lines = [o["properties"] for o in sim.get(path, api=API).body["value"]]
            equal([(o["targetResource"]["resourceName"], o["provisioningState"], o["statusCode"]) for o in lines],
                  [(name, "Succeeded", "Created") for name in ("net1", "ip1", "vm1-nic", "vm1")])
        deploy(sim, a_machine())
        equal([o["properties"]["statusCode"] for o in sim.get(DEPLOYMENT + "/operations", api=API).body["value"]], ["OK"] * 4, "once more")


@test
def a_deployment_runs_and_its_record_can_go():
    with Sim({"clock": "manual", "speeds": {"deployment_ms": 5000}}) as sim:
        made = deploy(sim, body([group()]))
        equal((sim.poll(made).body["status"], sim.get(DEPLOYMENT, api=API).body["properties"]["provisioningState"]), ("InProgress", "Running"))
        sim.advance(5000)
        equal((sim.poll(made).body["status"], sim.get(DEPLOYMENT, api=API).body["properties"]["provisioningState"]), ("Succeeded", "Succeeded"))
        gone = sim.arm("DELETE", DEPLOYMENT, api=API)
        equal((gone.status, "azure-asyncoperation" in gone.headers, sim.poll(gone, "location").status), (202, False, 202))
        sim.advance(5000)
        equal((sim.poll(gone, "location").status, sim.get(DEPLOYMENT, api=API).status), (200, 404))
        equal(sim.get(NETWORK + "/networkSecurityGroups/g1", api=API).status, 200, "what it made stays")


@test
def validation_makes_nothing():
    with Sim(WITH_BASE) as sim:
        said = sim.arm("POST", DEPLOYMENT + "/validate", a_machine(), api=API)
        equal((said.status, said.body["properties"]["provisioningState"]), (200, "Succeeded"))
        equal(len(said.body["properties"]["validatedResources"]), 4)
        equal([sim.get(path, api=API).status for path in (DEPLOYMENT, COMPUTE + "/virtualMachines/vm1")], [404, 404])
        bad = a_machine()
        del bad["properties"]["parameters"]["image"]
        refused(sim.arm("POST", DEPLOYMENT + "/validate", bad, api=API), "The value for the template parameter 'image' is not provided.")


@test
def a_resource_that_is_refused_fails_the_deployment():
    with Sim() as sim:
        nic = resource("Microsoft.Network/networkInterfaces", "n1", ["g1"], properties={"ipConfigurations": [
            {"name": "a", "properties": {"subnet": {"id": NETWORK + "/virtualNetworks/none/subnets/inner"}}}]})
        made = deploy(sim, body([nic, group(), resource("Microsoft.Network/virtualNetworks", "late", ["n1"])]))
        equal(made.status, 201)
        over = sim.poll(made).body
        equal((over["status"], over["error"]["code"], over["error"]["details"][0]["code"]), ("Failed", "DeploymentFailed", "InvalidResourceReference"))
        properties = sim.get(DEPLOYMENT, api=API).body["properties"]
        equal((properties["provisioningState"], properties["error"]["code"]), ("Failed", "DeploymentFailed"))
        lines = [o["properties"] for o in sim.get(DEPLOYMENT + "/operations", api=API).body["value"]]
        equal([(o["targetResource"]["resourceName"], o["provisioningState"], o["statusCode"]) for o in lines],
              [("g1", "Succeeded", "Created"), ("n1", "Failed", "BadRequest")])
        equal([sim.get(f"{NETWORK}/{place}", api=API).status for place in ("networkSecurityGroups/g1", "networkInterfaces/n1", "virtualNetworks/late")],
              [200, 404, 404], "nothing is taken back, nothing goes on")


@test
def expressions_are_read_as_written():
    cases = {
        "[concat('a', '''b''', 3)]": "a'b'3", "[[not an expression]": "[not an expression]", "[open": "[open", "plain": "plain",
        "[variables('outer')]": "x-westus", "[ resourceGroup ( ).name ]": "MyResourceGroup", "[subscription().subscriptionId]": SUBSCRIPTION,
        "[parameters('object').Inner.deep]": "found", "[resourceId('other', 'A.B/c', 'd')]": f"/subscriptions/{SUBSCRIPTION}/resourceGroups/other/providers/A.B/c/d",
        "[resourceId('s', 'g', 'A.B/c/e', 'd', 'f')]": "/subscriptions/s/resourceGroups/g/providers/A.B/c/d/e/f",
    }
    with Sim() as sim:
        outputs = {f"o{n}": {"type": "string", "value": text} for n, text in enumerate(cases)}
        outputs["number"] = {"type": "int", "value": "[7]"}
        request = body([group(properties={"list": ["[concat('a')]", 5, True]})], {"object": {"value": {"Inner": {"deep": "found"}}}}, {"object": {"type": "object"}},
                       {"outer": "[concat(variables('inner'), '-', resourceGroup().location)]", "inner": "x"}, outputs)
        equal(deploy(sim, request).status, 201)
        shown = sim.get(DEPLOYMENT, api=API).body["properties"]["outputs"]
        equal({text: shown[f"o{n}"]["value"] for n, text in enumerate(cases)}, cases)
        equal(shown["number"]["value"], 7)
        equal(sim.get(NETWORK + "/networkSecurityGroups/g1", api=API).body["properties"]["list"], ["a", 5, True])


@test
def templates_with_faults_are_refused_and_make_nothing():
    twice = [group(), group()]
    ring = [group("a", depends=["b"]), group("b", depends=["a"])]
    faults = (
        (body([group("[parameters('none')]")]), "The template parameter 'none' is not found."),
        (body([group("[variables('none')]")]), "The template variable 'none' is not found."),
        (body([group("[uniqueString('a')]")]), "The template function 'uniqueString' is not valid."),
        (body([group("[concat('a']")]), "a bracket is missing"),
        (body([group("[concat('a)]")]), "a text does not end"),
        (body([group("[concat('a') 'b']")]), "is left over"),
        (body([group("[concat()"), group("[resourceGroup().none]")]), "property 'none' doesn't exist"),
        (body([group("[concat(resourceGroup())]")]), "joins texts and whole numbers"),
        (body([group("[resourceId('A.B/c', 'd', 'e')]")]), "the number of names do not match"),
        (body([group("[variables('a')]")], variables={"a": "[variables('b')]", "b": "[variables('a')]"}), "Circular dependencies"),
        (body([group()], {"a": {"value": 1}, "b": {"value": 1}}, {"c": {"type": "int", "defaultValue": 1}}), "'a, b' in the parameters file are not valid"),
        (body([group()], declared={"a": {"type": "string"}}), "The value for the template parameter 'a' is not provided."),
        (body([group(depends=["none"])]), "The resource 'none' is not defined in the template."),
        (body(ring), "Circular dependency detected"), (body(twice), "is defined multiple times"),
        (body([group("a/b")]), "as many segments as its type"), (body([{"type": "A.B/c", "name": "d"}]), "needs a type, an apiVersion"),
        (body([group(copy={"name": "a", "count": 2})]), "does not know the member 'copy'"),
        (body([resource("Microsoft.Resources/deployments", "inner")]), "does not nest"), (body([group()], mode="Complete"), "incremental mode only"),
    )
    with Sim() as sim:
        for request, text in faults:
            refused(deploy(sim, request), text)
            equal((sim.get(DEPLOYMENT, api=API).status, sim.get(NETWORK + "/networkSecurityGroups/g1", api=API).status), (404, 404), text)
        for request in ({"properties": {"mode": "Incremental"}}, {"properties": {"template": {"resources": []}}}, {}):
            refused(deploy(sim, request), "a deployment needs a template", "InvalidRequestContent")
        refused(deploy(sim, body([]), DEPLOYMENT.replace("MyResourceGroup", "none")), "'none' could not be found", "ResourceGroupNotFound", 404)
        unknown = deploy(sim, body([resource("Microsoft.Storage/storageAccounts", "account")]))
        equal(sim.poll(unknown).body["error"]["details"][0]["code"], "MethodNotAllowed")


if __name__ == "__main__":
    report = Report()
    report.run(tests_of(globals()))
    report.end()
