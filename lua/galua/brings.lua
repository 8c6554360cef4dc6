-- Public names that live in a module of another name: name -> module. galua.linspace is field `linspace` of galua.vec.
return {
  load_fit = "fit", galaxy_from = "describe",
  linspace = "vec", logspace = "vec",
  apropos = "help",
  timeit = "time",
  mix = "move",
}
